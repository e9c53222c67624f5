//! What a mapping can fill: the fields of `bellwether.sales.v1`, read from the contract itself, so that a field added to
//! a record can be mapped without a line of code here.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use bellwether_contracts::FILE_DESCRIPTOR_SET;
use bellwether_domain::RecordKind;
use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

/// How a text becomes the value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    /// A decimal number in a text field.
    Decimal,
    /// A civil day in a text field.
    Day,
    /// A `bellwether.type.v1.DateOrTime`.
    When,
    /// A `bellwether.type.v1.Money`.
    Money,
    /// A whole number of at most this size.
    Whole(u64),
    Flag,
    /// One of these names, each with its number.
    Choice(Vec<(String, i32)>),
    /// A list of entries.
    List(Arc<Target>),
    /// Texts by name: on the wire a list of entries of a key (1) and a value (2).
    Map,
}

/// A field that can be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) tag: u32,
    pub(super) shape: Shape,
    /// Fields of one group exclude each other.
    pub(super) group: Option<i32>,
}

/// A message that can be filled: the body of a record, or an entry of a list in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The number of the body in `Record`; 0 for entries.
    pub(super) tag: u32,
    pub(super) fields: Vec<Field>,
}

impl Target {
    /// The body of a kind; `None` when the kind is no sales record.
    pub(super) fn of(kind: RecordKind) -> Option<&'static Self> {
        TARGETS.get(kind.name())
    }

    /// The kinds that can be mapped.
    pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
        RecordKind::ALL
            .into_iter()
            .filter(|kind| Self::of(*kind).is_some())
            .map(RecordKind::name)
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Text fields that hold a day.
const DAYS: [&str; 13] = [
    "Rep.start_date",
    "Rep.end_date",
    "Quota.period_start",
    "Quota.period_end",
    "FxRate.date",
    "Contract.start_date",
    "Contract.end_date",
    "ComplianceCheck.due_date",
    "ComplianceCheck.done_date",
    "Spend.period_start",
    "Spend.period_end",
    "Target.period_start",
    "Target.period_end",
];
/// Text fields that hold a decimal number.
const DECIMALS: [&str; 10] = [
    "LineItem.units",
    "FxRate.rate",
    "Opportunity.crm_probability",
    "Credit.share",
    "MetricSample.value",
    "MetricSample.weight",
    "Target.value",
    "Target.warn_below",
    "Target.bad_below",
    "Target.hysteresis",
];

static TARGETS: LazyLock<HashMap<String, Target>> = LazyLock::new(|| {
    let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("the build script encoded it");
    let contract = Contract { set };
    let record = contract
        .message(".bellwether.sales.v1.Record")
        .expect("the contract has records");
    // The services of these check them before they are written; a row of a file would go past that.
    let by_service = [RecordKind::KpiDefinition, RecordKind::Scorecard].map(RecordKind::name);
    let of_its_own = |field: &&FieldDescriptorProto| !by_service.contains(&field.name());
    let bodies = record
        .field
        .iter()
        .filter(|field| field.oneof_index.is_some() && field.number() >= 10)
        .filter(of_its_own);
    bodies
        .filter_map(|body| {
            let mut target = contract.target(body.type_name())?;
            target.tag = u32::try_from(body.number()).ok()?;
            Some((body.name().to_owned(), target))
        })
        .collect()
});

struct Contract {
    set: FileDescriptorSet,
}

impl Contract {
    fn message(&self, full_name: &str) -> Option<&DescriptorProto> {
        self.set.file.iter().find_map(|file| {
            let name = full_name.strip_prefix(&format!(".{}.", file.package()))?;
            file.message_type.iter().find(|message| message.name() == name)
        })
    }

    fn target(&self, full_name: &str) -> Option<Target> {
        let message = self.message(full_name)?;
        let field = |field: &FieldDescriptorProto| {
            Some(Field {
                name: field.name().to_owned(),
                tag: u32::try_from(field.number()).ok()?,
                shape: self.shape(message.name(), field)?,
                group: field.oneof_index.filter(|_| !field.proto3_optional()),
            })
        };
        Some(Target {
            tag: 0,
            fields: message.field.iter().filter_map(field).collect(),
        })
    }

    fn shape(&self, message: &str, field: &FieldDescriptorProto) -> Option<Shape> {
        let full = format!("{message}.{}", field.name());
        let plain = !matches!(field.r#type(), Type::Message);
        if plain && field.label() == Label::Repeated {
            // Rows come in no order, and nothing in a plain value says where it belongs.
            return None;
        }
        Some(match field.r#type() {
            Type::String if DAYS.contains(&full.as_str()) => Shape::Day,
            Type::String if DECIMALS.contains(&full.as_str()) => Shape::Decimal,
            Type::String => Shape::Text,
            Type::Bool => Shape::Flag,
            Type::Uint32 => Shape::Whole(u64::from(u32::MAX)),
            Type::Uint64 => Shape::Whole(u64::MAX),
            Type::Enum => Shape::Choice(self.choices(field.type_name())?),
            Type::Message => match field.type_name() {
                ".bellwether.type.v1.Money" => Shape::Money,
                ".bellwether.type.v1.DateOrTime" => Shape::When,
                entry if self.is_map(entry) => Shape::Map,
                entry if field.label() == Label::Repeated => Shape::List(Arc::new(self.target(entry)?)),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Whether the entries of a repeated field are those of a map.
    fn is_map(&self, full_name: &str) -> bool {
        let parent = full_name
            .rsplit_once('.')
            .and_then(|(parent, name)| Some((self.message(parent)?, name)));
        parent.is_some_and(|(parent, name)| {
            let entry = parent.nested_type.iter().find(|one| one.name() == name);
            entry.is_some_and(|entry| entry.options.as_ref().is_some_and(|options| options.map_entry()))
        })
    }

    /// The values of an enum by short name: `CROSS_SELL` of `OPPORTUNITY_TYPE_CROSS_SELL`.
    fn choices(&self, full_name: &str) -> Option<Vec<(String, i32)>> {
        let values = self.set.file.iter().find_map(|file| {
            let name = full_name.strip_prefix(&format!(".{}.", file.package()))?;
            let found = file.enum_type.iter().find(|one| one.name() == name);
            found.map(|one| &one.value)
        })?;
        let prefix = values.first()?.name().strip_suffix("UNSPECIFIED")?.to_owned();
        let short = |name: &str| name.strip_prefix(&prefix).unwrap_or(name).to_lowercase();
        Some(
            values
                .iter()
                .skip(1)
                .map(|value| (short(value.name()), value.number()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_every_record_can_be_mapped() {
        let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
        let contract = Contract { set };
        assert_eq!(Target::kinds().count(), 14);
        for kind in Target::kinds() {
            let target = &TARGETS[kind];
            let record = contract.message(".bellwether.sales.v1.Record").unwrap();
            let body = record.field.iter().find(|field| field.name() == kind).unwrap();
            let message = contract.message(body.type_name()).unwrap();
            let fillable = message
                .field
                .iter()
                .filter(|field| field.label() != Label::Repeated || field.r#type() == Type::Message);
            assert_eq!(target.fields.len(), fillable.count(), "{kind}");
        }
    }

    #[test]
    fn shapes_follow_the_contract() {
        let deal = Target::of(RecordKind::Opportunity).unwrap();
        assert_eq!(
            (deal.tag, &deal.field("amount").unwrap().shape),
            (14, &Shape::Money)
        );
        assert_eq!(deal.field("created_at").unwrap().shape, Shape::When);
        assert_eq!(deal.field("term_months").unwrap().group, None);
        let Shape::List(line) = &deal.field("lines").unwrap().shape else {
            panic!("lines are a list")
        };
        assert_eq!(line.field("units").unwrap().shape, Shape::Decimal);
        let Shape::Choice(types) = &deal.field("type").unwrap().shape else {
            panic!("a type is a choice")
        };
        assert!(types.contains(&("cross_sell".to_owned(), 3)));
        let quota = Target::of(RecordKind::Quota).unwrap();
        let group = |name| quota.field(name).unwrap().group;
        assert!(
            group("rep_id").is_some()
                && group("rep_id") == group("team_id")
                && group("amount") != group("rep_id")
        );
        let sample = Target::of(RecordKind::MetricSample).unwrap();
        assert_eq!(
            (sample.tag, &sample.field("dimensions").unwrap().shape),
            (22, &Shape::Map)
        );
        assert_eq!(sample.field("value").unwrap().shape, Shape::Decimal);
        let goal = Target::of(RecordKind::Target).unwrap();
        assert_eq!(goal.field("holder").unwrap().shape, Shape::Map);
        assert_eq!(goal.field("weights"), None);
        assert!(Target::of(RecordKind::Settings).is_none());
        assert!(Target::of(RecordKind::KpiDefinition).is_none());
    }
}
