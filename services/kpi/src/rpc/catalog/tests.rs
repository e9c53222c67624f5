//! Which KPIs a list has.

use super::*;

fn ids(request: &ListKpisRequest) -> Vec<String> {
    let catalogue = Catalogue::built_in().unwrap();
    chosen(&catalogue, request).unwrap()
}

#[test]
fn the_list_is_narrowed_by_stage_preset_and_kind() {
    let catalogue = Catalogue::built_in().unwrap();
    let all = ListKpisRequest::default();
    assert_eq!(ids(&all).len(), catalogue.all().len());
    let stage = |name: &str| {
        ids(&ListKpisRequest {
            funnel_stage: name.to_owned(),
            ..all.clone()
        })
    };
    assert!(stage("close").contains(&"win_rate".to_owned()));
    let of_stages: usize = FunnelStage::ALL.map(|one| stage(one.name()).len()).iter().sum();
    assert_eq!(of_stages, catalogue.all().len());
    let preset = ListKpisRequest {
        preset: "field".to_owned(),
        ..all.clone()
    };
    assert_eq!(
        (ids(&preset)[0].as_str(), ids(&preset).len()),
        ("qualified_pipeline_value", 5)
    );
    let leading = |leading| {
        ids(&ListKpisRequest {
            leading: Some(leading),
            ..preset.clone()
        })
    };
    assert_eq!(leading(true), ["qualified_pipeline_value"]);
    assert_eq!(leading(false).len(), 4);
}

#[test]
fn what_there_is_not_is_refused_by_name() {
    let catalogue = Catalogue::built_in().unwrap();
    let refused = |request: &ListKpisRequest| chosen(&catalogue, request).unwrap_err().message;
    let stage = ListKpisRequest {
        funnel_stage: "closing".to_owned(),
        ..ListKpisRequest::default()
    };
    assert!(refused(&stage).contains("`closing`: did you mean `close`?"));
    let preset = ListKpisRequest {
        preset: "retail".to_owned(),
        ..ListKpisRequest::default()
    };
    let message = refused(&preset);
    assert!(
        message.contains("`retail`; there are saas, inside, field, transactional"),
        "{message}"
    );
}
