//! The JSON Schema and the parser agree: on the shipped mappings, on the examples of the page, on every key.

use jsonschema::Validator;
use serde_json::Value;

use super::text_of;
use crate::mapping::Mapping;
use crate::mapping::parse::{
    ATTRIBUTE_KEYS, COLUMN_KEYS, CONDITION_KEYS, JOIN_KEYS, KEYS_OF_VALUES, MAPPING_KEYS, PART_KEYS,
    RECORD_KEYS, SOURCE_KEYS,
};
use crate::mapping::settings::{FISCAL_KEYS, PIPELINE_KEYS, SETTINGS_KEYS, STAGE_KEYS};
use crate::mapping::target::{Shape, Target};

fn schema() -> Value {
    serde_json::from_str(&text_of("docs/mapping.schema.json")).unwrap()
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// Everything in a mapping that the schema refuses.
fn complaints(validator: &Validator, mapping: &Value) -> Vec<String> {
    validator
        .iter_errors(mapping)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

fn shipped() -> Vec<(String, String)> {
    let names = [
        "accounts",
        "reps",
        "teams",
        "leads",
        "opportunities",
        "activities",
        "quotas",
        "fx_rates",
        "subscriptions",
        "contracts",
        "orders",
        "spend",
        "metric_samples",
        "targets",
    ];
    let examples = names
        .iter()
        .map(|name| format!("deploy/mappings/examples/{name}.yaml"));
    let all = examples.chain(["deploy/mappings/crm_sales_opportunities.yaml".to_owned()]);
    all.map(|path| (path.clone(), text_of(&path))).collect()
}

/// The YAML blocks of the page that are whole mappings.
fn documented() -> Vec<(String, String)> {
    let page = text_of("docs/mapping.md");
    let blocks = page
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default());
    let whole = blocks.filter(|block| block.contains("sources:") && block.contains("records:"));
    whole
        .enumerate()
        .map(|(index, block)| (format!("docs/mapping.md, mapping {index}"), block.to_owned()))
        .collect()
}

#[test]
fn mappings_that_are_shipped_or_documented_keep_the_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let documented = documented();
    assert!(!documented.is_empty());
    for (name, text) in shipped().into_iter().chain(documented) {
        assert_eq!(
            complaints(&validator, &yaml(&text)),
            Vec::<String>::new(),
            "{name}"
        );
        Mapping::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn the_keys_of_the_schema_are_those_of_the_parser() {
    let schema = schema();
    let keys = |place: &Value| {
        let mut keys: Vec<String> = place["properties"].as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    let sorted = |keys: &[&str]| {
        let mut keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        keys.sort();
        keys
    };
    let defs = &schema["$defs"];
    let tables = [
        (&schema, MAPPING_KEYS),
        (&defs["source"], SOURCE_KEYS),
        (&defs["column"]["anyOf"][1], COLUMN_KEYS),
        (&defs["settings"], SETTINGS_KEYS),
        (&defs["settings"]["properties"]["fiscal_calendar"], FISCAL_KEYS),
        (&defs["pipeline"], PIPELINE_KEYS),
        (&defs["stage"], STAGE_KEYS),
        (&defs["record"], RECORD_KEYS),
        (&defs["part"], PART_KEYS),
        (&defs["join"], JOIN_KEYS),
        (&defs["condition"], CONDITION_KEYS),
        (&defs["value"], KEYS_OF_VALUES),
        (&defs["attribute_value"], ATTRIBUTE_KEYS),
    ];
    for (place, expected) in tables {
        assert_eq!(keys(place), sorted(expected));
        assert_eq!(place["additionalProperties"], false, "{expected:?}");
    }
    let entries = [
        "line",
        "stage_change",
        "amount_change",
        "owner_change",
        "close_date_change",
        "credit",
        "evidence",
        "compliance_check",
        "line",
    ];
    let mut entries = entries.iter();
    for kind in Target::kinds() {
        let target = Target::of(kind.parse().unwrap()).unwrap();
        let names: Vec<&str> = target.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(keys(&defs[kind]), sorted(&names), "{kind}");
        for field in &target.fields {
            if let Shape::List(entry) = &field.shape {
                let names: Vec<&str> = entry
                    .fields
                    .iter()
                    .map(|field| field.name.as_str())
                    .chain(["when"])
                    .collect();
                assert_eq!(
                    keys(&defs[entries.next().unwrap()]),
                    sorted(&names),
                    "{kind}.{}",
                    field.name
                );
            }
        }
    }
}

/// Adds a key that is none to each table of a mapping in turn.
fn spoiled(mapping: &Value) -> Vec<Value> {
    let mut out = Vec::new();
    let mut paths = vec![String::new()];
    while let Some(path) = paths.pop() {
        let Some(place) = mapping.pointer(&path) else {
            continue;
        };
        match place {
            Value::Object(entries) => {
                paths.extend(
                    entries
                        .keys()
                        .map(|key| format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"))),
                );
                // Tables whose keys are names of the writer's choice have no wrong key.
                let free = [
                    "/sources",
                    "/columns",
                    "/rename",
                    "/joins",
                    "/attributes",
                    "/dimensions",
                    "/holder",
                ];
                if !free.iter().any(|end| path.ends_with(end)) {
                    let mut copy = mapping.clone();
                    let table = copy.pointer_mut(&path).and_then(Value::as_object_mut).unwrap();
                    table.insert("no_such_key".to_owned(), Value::from("x"));
                    out.push(copy);
                }
            }
            Value::Array(items) => paths.extend((0..items.len()).map(|index| format!("{path}/{index}"))),
            _ => {}
        }
    }
    out
}

#[test]
fn a_key_that_is_none_is_refused_by_both_wherever_it_stands() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let mut tried = 0;
    for (name, text) in shipped() {
        for mapping in spoiled(&yaml(&text)) {
            let text = serde_json::to_string(&mapping).unwrap();
            assert!(!validator.is_valid(&mapping), "{name}: the schema takes {text}");
            let error = Mapping::parse(&text)
                .err()
                .unwrap_or_else(|| panic!("{name}: the parser takes {text}"));
            assert!(error.message.contains("no_such_key"), "{name}: {error}");
            tried += 1;
        }
    }
    assert!(tried > 100);
}
