use vitaran_kernel::{CategoryId, ProductId};

use super::*;
use crate::access::Role;
use crate::db::{Limit, Page};
use crate::master::{Activity, MasterError, Shown};
use crate::problem::{Kind, Problem};
use crate::testkit::{TestTx, test_tx};

async fn category(t: &mut TestTx, name: &str, parent: Option<CategoryId>) -> Category {
    let input = NewCategory {
        name: CategoryName::parse(name).unwrap(),
        parent,
    };
    let by = t.by();
    create_category(t, &by, input).await.unwrap()
}

fn form(sku: &str, name: &str, category: &Category) -> ProductForm {
    ProductForm {
        sku: sku.to_owned(),
        name: name.to_owned(),
        category_id: category.id.to_string(),
        hsn: "853620".to_owned(),
        uqc: "NOS".to_owned(),
        tax_class: "STANDARD".to_owned(),
        base_price: "100".to_owned(),
        ..ProductForm::default()
    }
}

async fn product(t: &mut TestTx, sku: &str, name: &str, category: &Category) -> Product {
    let by = t.by();
    create(t, &by, form(sku, name, category).parse().unwrap())
        .await
        .unwrap()
}

async fn found(t: &mut TestTx, q: &str) -> Vec<String> {
    let filter = ProductFilter {
        q: q.to_owned(),
        ..ProductFilter::default()
    };
    let by = t.by();
    let page = list(t, &by, &filter, &Page::default()).await.unwrap();
    page.rows
        .into_iter()
        .map(|row| row.sku.to_string())
        .collect()
}

fn faults<M: crate::master::Master>(error: &MasterError<M>) -> Vec<(String, &'static str)> {
    error
        .faults()
        .into_iter()
        .map(|fault| (fault.pointer, fault.code))
        .collect()
}

#[tokio::test]
async fn a_product_is_found_by_the_beginnings_of_its_words_whatever_their_order() {
    let mut t = test_tx().await;
    let wires = category(&mut t, "Wires", None).await;
    product(&mut t, "WR-25-RED", "FR house wire 2.5 sq mm red", &wires).await;
    product(&mut t, "WR-40-BLU", "FR house wire 4 sq mm blue", &wires).await;
    assert_eq!(found(&mut t, "wir 2.5 hou").await, ["WR-25-RED"]);
    assert_eq!(found(&mut t, "WR40").await, ["WR-40-BLU"]);
    assert_eq!(found(&mut t, "8536 blue").await, ["WR-40-BLU"]);
    assert_eq!(found(&mut t, "wires").await, ["WR-25-RED", "WR-40-BLU"]);
    assert_eq!(
        found(&mut t, "ouse").await,
        Vec::<String>::new(),
        "the middle of a word finds nothing"
    );
    assert_eq!(found(&mut t, "---").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_code_typed_in_full_comes_first() {
    let mut t = test_tx().await;
    let root = category(&mut t, "Goods", None).await;
    product(&mut t, "MCB-16-2P", "A breaker", &root).await;
    product(&mut t, "MCB-16", "Z breaker", &root).await;
    assert_eq!(found(&mut t, "mcb-16").await, ["MCB-16", "MCB-16-2P"]);
    assert_eq!(found(&mut t, "mcb").await, ["MCB-16-2P", "MCB-16"]);
}

#[tokio::test]
async fn renaming_a_category_moves_its_subtree_and_the_words_of_its_products() {
    let mut t = test_tx().await;
    let root = category(&mut t, "Lighting", None).await;
    let below = category(&mut t, "Lamps", Some(root.id)).await;
    category(&mut t, "Lighting accessories", None).await;
    product(&mut t, "LED-9W", "Bulb 9 W", &below).await;
    let by = t.by();
    let name = RenameCategory {
        name: CategoryName::parse("Luminaires").unwrap(),
    };
    let renamed = rename_category(&mut t, &by, root.id, root.version, name)
        .await
        .unwrap();
    assert_eq!((renamed.path.as_str(), renamed.version), ("Luminaires", 2));
    let by = t.by();
    let paths: Vec<_> = tree(&t, &by, Shown::All)
        .await
        .unwrap()
        .into_iter()
        .map(|c| c.path)
        .collect();
    assert_eq!(
        paths,
        ["Lighting accessories", "Luminaires", "Luminaires > Lamps"]
    );
    assert_eq!(found(&mut t, "luminaires").await, ["LED-9W"]);
    assert_eq!(found(&mut t, "lighting").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_category_that_holds_active_products_cannot_be_switched_off() {
    let mut t = test_tx().await;
    let root = category(&mut t, "Fans", None).await;
    let fan = product(&mut t, "FAN-1", "Ceiling fan", &root).await;
    let by = t.by();
    let refused = set_category_active(&mut t, &by, root.id, Some(1), Activity::Inactive)
        .await
        .unwrap_err();
    assert_eq!(faults(&refused), [(String::new(), "in_use")]);
    let by = t.by();
    set_active(&mut t, &by, fan.id, Some(fan.version), Activity::Inactive)
        .await
        .unwrap();
    let by = t.by();
    let off = set_category_active(&mut t, &by, root.id, Some(1), Activity::Inactive)
        .await
        .unwrap();
    assert!(!off.is_active);
    let by = t.by();
    let refused = create(
        &mut t,
        &by,
        form("FAN-2", "Table fan", &root).parse().unwrap(),
    )
    .await
    .unwrap_err();
    assert_eq!(faults(&refused), [("/category_id".to_owned(), "inactive")]);
}

#[tokio::test]
async fn the_tree_is_six_levels_deep_and_no_deeper() {
    let mut t = test_tx().await;
    let mut parent = None;
    for level in 1..=MAX_DEPTH {
        parent = Some(category(&mut t, &format!("Level {level}"), parent).await.id);
    }
    let by = t.by();
    let input = NewCategory {
        name: CategoryName::parse("Level 7").unwrap(),
        parent,
    };
    let refused = create_category(&mut t, &by, input).await.unwrap_err();
    assert_eq!(faults(&refused), [("/parent_id".to_owned(), "too_deep")]);
}

#[tokio::test]
async fn everything_the_database_knows_against_a_product_is_told_at_once() {
    let mut t = test_tx().await;
    let root = category(&mut t, "Goods", None).await;
    let by = t.by();
    let first = ProductForm {
        barcode: "8901234567894".to_owned(),
        ..form("A-1", "First", &root)
    };
    create(&mut t, &by, first.clone().parse().unwrap())
        .await
        .unwrap();
    let second = ProductForm {
        category_id: CategoryId::generate().to_string(),
        tax_class: "NOTHING".to_owned(),
        ..first
    };
    let refused = create(&mut t, &by, second.parse().unwrap())
        .await
        .unwrap_err();
    let told = faults(&refused);
    let pointers: Vec<_> = told.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/category_id", "/tax_class", "/sku", "/barcode"]);
}

#[tokio::test]
async fn a_code_leads_to_one_product_whether_it_is_its_sku_or_its_barcode_in_any_case() {
    let mut t = test_tx().await;
    let root = category(&mut t, "Goods", None).await;
    let by = t.by();
    let of = |sku: &str, barcode: &str| ProductForm {
        barcode: barcode.to_owned(),
        ..form(sku, "A thing", &root)
    };
    let first = of("AB-12", "pack-7").parse().unwrap();
    let first = create(&mut t, &by, first).await.unwrap();
    for (sku, barcode, pointer) in [
        ("CD-12", "PACK-7", "/barcode"),
        ("CD-12", "ab-12", "/barcode"),
        ("Pack-7", "", "/sku"),
    ] {
        let second = of(sku, barcode).parse().unwrap();
        let refused = create(&mut t, &by, second).await.unwrap_err();
        assert_eq!(
            faults(&refused),
            [(pointer.to_owned(), "taken")],
            "{sku} {barcode}"
        );
    }
    let own = of("AB-12", "ab-12").parse().unwrap();
    let own = update(&mut t, &by, first.id, first.version, own)
        .await
        .unwrap();
    assert_eq!(own.barcode.unwrap().as_str(), "AB-12");
}

#[tokio::test]
async fn a_product_changed_since_it_was_opened_is_not_overwritten() {
    let mut t = test_tx().await;
    let root = category(&mut t, "Goods", None).await;
    let opened = product(&mut t, "A-1", "First", &root).await;
    let by = t.by();
    let changed = ProductForm {
        name: "Second".to_owned(),
        ..ProductForm::of(&opened)
    };
    let after = update(
        &mut t,
        &by,
        opened.id,
        opened.version,
        changed.parse().unwrap(),
    )
    .await
    .unwrap();
    assert_eq!((after.version, after.name.as_str()), (2, "Second"));
    let mine = ProductForm {
        name: "Mine".to_owned(),
        ..ProductForm::of(&opened)
    };
    let refused = update(
        &mut t,
        &by,
        opened.id,
        opened.version,
        mine.parse().unwrap(),
    )
    .await
    .unwrap_err();
    assert!(matches!(refused, MasterError::VersionConflict { found: 2 }));
    assert_eq!(
        (refused.kind(), refused.code()),
        (Kind::Stale, "catalog.product_stale")
    );
    assert_eq!(found(&mut t, "second").await, ["A-1"]);
    assert_eq!(
        found(&mut t, "first").await,
        Vec::<String>::new(),
        "words it no longer has are gone"
    );
}

#[tokio::test]
async fn pages_of_a_list_follow_each_other_without_gap_or_double() {
    let mut t = test_tx().await;
    let root = category(&mut t, "Goods", None).await;
    for n in 0..7 {
        product(
            &mut t,
            &format!("P-{n}"),
            if n % 2 == 0 { "Same name" } else { "same name" },
            &root,
        )
        .await;
    }
    for q in ["", "same"] {
        let filter = ProductFilter {
            q: q.to_owned(),
            category: Some(root.id),
            ..ProductFilter::default()
        };
        let (mut page, mut seen) = (
            Page {
                limit: Limit::new(3).unwrap(),
                after: None,
            },
            Vec::new(),
        );
        let by = t.by();
        loop {
            let rows = list(&t, &by, &filter, &page).await.unwrap();
            seen.extend(rows.rows.iter().map(|row| row.sku.to_string()));
            page.after = match rows.next {
                Some(next) => Some(next),
                None => break,
            };
        }
        seen.sort();
        assert_eq!(
            seen,
            ["P-0", "P-1", "P-2", "P-3", "P-4", "P-5", "P-6"],
            "{q}"
        );
    }
}

#[tokio::test]
async fn a_product_that_is_switched_off_is_found_among_all_and_not_among_those_sold() {
    let mut t = test_tx().await;
    let root = category(&mut t, "Goods", None).await;
    let lamp = product(&mut t, "LAMP-1", "Lamp", &root).await;
    product(&mut t, "LAMP-2", "Lamp with a shade", &root).await;
    for (to, sold) in [
        (Activity::Inactive, vec!["LAMP-2"]),
        (Activity::Active, vec!["LAMP-1", "LAMP-2"]),
    ] {
        let by = t.by();
        set_active(&mut t, &by, lamp.id, None, to).await.unwrap();
        assert_eq!(found(&mut t, "lamp").await, sold);
        let all = ProductFilter {
            shown: Shown::All,
            q: "lamp".to_owned(),
            ..ProductFilter::default()
        };
        let by = t.by();
        let all = list(&t, &by, &all, &Page::default()).await.unwrap();
        assert_eq!(all.rows.len(), 2);
    }
}

#[tokio::test]
async fn another_tenants_product_is_not_found_like_one_that_never_was() {
    let mut theirs = test_tx().await;
    let root = category(&mut theirs, "Goods", None).await;
    let product = product(&mut theirs, "A-1", "First", &root).await;
    let by = theirs.by();
    let mut ours = test_tx().await;
    let mut answers = Vec::new();
    for id in [product.id, ProductId::generate()] {
        let refused = load(&mut ours, &by, id).await.unwrap_err();
        answers.push((refused.kind(), refused.code(), refused.to_string()));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, Kind::NotFound);
    assert!(
        ours.tenant
            .actor(Role::Dealer)
            .allow::<crate::access::InventoryProductsWrite>()
            .is_err()
    );
}

#[tokio::test]
async fn each_change_is_told_in_the_audit_log_with_what_it_changed() {
    let mut t = test_tx().await;
    let root = category(&mut t, "Goods", None).await;
    let opened = product(&mut t, "A-1", "First", &root).await;
    let by = t.by();
    let changed = ProductForm {
        name: "Second".to_owned(),
        ..ProductForm::of(&opened)
    };
    update(&mut t, &by, opened.id, 1, changed.parse().unwrap())
        .await
        .unwrap();
    let filter = crate::audit::AuditFilter {
        object_kind: Some("product".to_owned()),
        object_id: Some(opened.id.as_uuid()),
        ..crate::audit::AuditFilter::default()
    };
    let by = t.by();
    let log = crate::audit::list(&mut t, &by, &filter, &Page::default())
        .await
        .unwrap()
        .rows;
    let actions: Vec<_> = log.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(
        actions,
        ["catalog.product.update", "catalog.product.create"]
    );
    assert_eq!(log[0].detail["before"]["name"], "First");
    assert_eq!(log[0].detail["after"]["name"], "Second");
    assert!(
        log[0].detail["after"].get("sku").is_none(),
        "what stayed is not repeated"
    );
}
