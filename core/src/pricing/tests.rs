use vitaran_kernel::{DealerId, PriceListId, ProductId};

use super::*;
use crate::access::{Role, SalesPricesRead};
use crate::db::Page;
use crate::dealers::{
    DealerHeader, DealerHeaderForm, load as load_dealer, update as update_dealer,
};
use crate::master::{Activity, MasterError, Shown};
use crate::problem::Problem;
use crate::stock::StockState;
use crate::testkit::{TestTx, dealer, product, test_tx};

fn prices(rows: &[(&str, &str)]) -> SetPrices {
    let item = |(sku, price): &(&str, &str)| PriceForm {
        sku: (*sku).to_owned(),
        unit_price: (*price).to_owned(),
        ..PriceForm::default()
    };
    PricesForm {
        items: rows.iter().map(item).collect(),
    }
    .parse()
    .unwrap()
}

async fn new_list(t: &mut TestTx, name: &str) -> PriceList {
    let by = t.by();
    create_list(t, &by, PriceListName::parse(name).unwrap())
        .await
        .unwrap()
}

async fn set_list(t: &mut TestTx, list: PriceListId, rows: &[(&str, &str)]) {
    let by = t.by();
    set_list_prices(t, &by, list, prices(rows)).await.unwrap();
}

async fn give_list(t: &mut TestTx, dealer: DealerId, list: PriceListId) {
    let by = t.by();
    let page = load_dealer(t, &by, dealer).await.unwrap();
    let form = DealerHeaderForm {
        price_list_id: list.to_string(),
        ..DealerHeaderForm::of(&page.dealer)
    };
    let header: DealerHeader = form.parse().unwrap();
    let by = t.by();
    update_dealer(t, &by, dealer, page.dealer.version, header)
        .await
        .unwrap();
}

async fn price(
    t: &mut TestTx,
    dealer: DealerId,
    product: ProductId,
) -> (String, PriceSource, Option<String>) {
    let priced = priced_products(t, dealer, &[product]).await.unwrap();
    assert_eq!(priced.len(), 1);
    let price = priced[0].price.clone();
    (price.unit_price.to_string(), price.source, price.list_name)
}

#[tokio::test]
async fn the_price_is_the_agreed_one_then_the_dealers_lists_then_the_default_lists_then_the_base_price()
 {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let a = product("A-1").price("100.00").insert(&mut t, &tenant).await;
    let (shop, _) = dealer().insert(&mut t, &tenant).await;
    assert_eq!(
        price(&mut t, shop, a).await,
        ("100.0000".to_owned(), PriceSource::Base, None)
    );
    set_list(&mut t, tenant.price_list, &[("A-1", "95")]).await;
    let standard = Some("Standard".to_owned());
    assert_eq!(
        price(&mut t, shop, a).await,
        (
            "95.0000".to_owned(),
            PriceSource::DefaultList,
            standard.clone()
        )
    );
    let gold = new_list(&mut t, "Gold").await;
    set_list(&mut t, gold.id, &[("A-1", "90")]).await;
    give_list(&mut t, shop, gold.id).await;
    assert_eq!(
        price(&mut t, shop, a).await,
        (
            "90.0000".to_owned(),
            PriceSource::DealerList,
            Some("Gold".to_owned())
        )
    );
    let by = t.by();
    set_dealer_prices(&mut t, &by, shop, prices(&[("A-1", "99")]))
        .await
        .unwrap();
    assert_eq!(
        price(&mut t, shop, a).await,
        ("99.0000".to_owned(), PriceSource::Override, None)
    );
    set_dealer_prices(&mut t, &by, shop, prices(&[("A-1", "")]))
        .await
        .unwrap();
    set_list_active(&mut t, &by, gold.id, Some(1), Activity::Inactive)
        .await
        .unwrap();
    assert_eq!(
        price(&mut t, shop, a).await,
        ("95.0000".to_owned(), PriceSource::DefaultList, standard),
        "a list that is off does not count"
    );
}

#[tokio::test]
async fn a_price_comes_with_todays_tax_rate_and_what_is_free_to_promise() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let a = product("A-1")
        .stock("12.000")
        .tax_class("MERIT")
        .insert(&mut t, &tenant)
        .await;
    let b = product("B-1").insert(&mut t, &tenant).await;
    let (shop, _) = dealer().insert(&mut t, &tenant).await;
    let priced = priced_products(&t, shop, &[b, a, ProductId::generate()])
        .await
        .unwrap();
    let ids: Vec<_> = priced.iter().map(|p| p.product_id).collect();
    assert_eq!(
        ids,
        [a, b],
        "in the order of ids, and without those that do not exist"
    );
    assert_eq!(
        (priced[0].tax_rate.to_string(), priced[0].free.to_string()),
        ("5.00".to_owned(), "12".to_owned())
    );
    assert_eq!(
        (priced[1].tax_rate.to_string(), priced[1].free.to_string()),
        ("18.00".to_owned(), "0".to_owned())
    );
    let skus = [priced[1].sku.clone()];
    assert_eq!(
        priced_products_by_sku(&t, shop, &skus).await.unwrap(),
        priced[1..]
    );
}

#[tokio::test]
async fn there_is_one_default_list_and_it_cannot_be_switched_off() {
    let mut t = test_tx().await;
    let gold = new_list(&mut t, "Gold").await;
    let by = t.by();
    let gold = set_default_list(&mut t, &by, gold.id, Some(gold.version))
        .await
        .unwrap();
    let by = t.by();
    let lists = list_lists(&mut t, &by, Shown::All).await.unwrap();
    let defaults: Vec<_> = lists
        .iter()
        .filter(|list| list.is_default)
        .map(|list| list.name.as_str())
        .collect();
    assert_eq!(defaults, ["Gold"]);
    let by = t.by();
    let refused = set_list_active(&mut t, &by, gold.id, Some(gold.version), Activity::Inactive)
        .await
        .unwrap_err();
    assert_eq!(refused.faults()[0].code, "default");
    let refused = rename_list(
        &mut t,
        &by,
        gold.id,
        gold.version,
        PriceListName::parse("Standard").unwrap(),
    )
    .await
    .unwrap_err();
    assert_eq!(
        (
            refused.faults()[0].pointer.as_str(),
            refused.faults()[0].code
        ),
        ("/name", "taken")
    );
    let refused = rename_list(
        &mut t,
        &by,
        gold.id,
        1,
        PriceListName::parse("Silver").unwrap(),
    )
    .await
    .unwrap_err();
    assert!(matches!(refused, MasterError::VersionConflict { found: 2 }));
}

#[tokio::test]
async fn prices_are_set_changed_and_removed_in_one_go_or_not_at_all() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    for sku in ["A-1", "B-1", "C-1"] {
        product(sku).insert(&mut t, &tenant).await;
    }
    set_list(&mut t, tenant.price_list, &[("A-1", "10"), ("B-1", "20")]).await;
    set_list(
        &mut t,
        tenant.price_list,
        &[("C-1", "30"), ("A-1", "11"), ("B-1", "")],
    )
    .await;
    let by = t.by();
    let refused = set_list_prices(
        &mut t,
        &by,
        tenant.price_list,
        prices(&[("A-1", "1"), ("NONE", "2")]),
    )
    .await
    .unwrap_err();
    assert_eq!(refused.faults()[0].pointer, "/items/1/sku");
    let by = t.by();
    let rows = list_prices(&mut t, &by, tenant.price_list, &Page::default())
        .await
        .unwrap()
        .rows;
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.sku.as_str(), row.unit_price.to_string()))
        .collect();
    assert_eq!(
        told,
        [("A-1", "11.0000".to_owned()), ("C-1", "30.0000".to_owned())]
    );
}

#[tokio::test]
async fn a_dealer_browses_active_products_at_its_own_price_with_stock_and_tax() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let a = product("A-1").stock("5").insert(&mut t, &tenant).await;
    product("B-1").stock("50").insert(&mut t, &tenant).await;
    let (shop, _) = dealer().insert(&mut t, &tenant).await;
    let by = t.by();
    set_dealer_prices(&mut t, &by, shop, prices(&[("A-1", "80")]))
        .await
        .unwrap();
    let by = t.by();
    let rows = browse(&t, &by, shop, &BrowseFilter::default(), &Page::default())
        .await
        .unwrap()
        .rows;
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.product.sku.as_str(),
                row.product.price.source,
                row.stock,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("A-1", PriceSource::Override, StockState::Low),
            ("B-1", PriceSource::Base, StockState::InStock)
        ]
    );
    let item = browse_product(&mut t, &by, shop, a).await.unwrap();
    assert_eq!(
        (
            item.product.price.unit_price.to_string(),
            item.product.tax_rate.to_string()
        ),
        ("80.0000".to_owned(), "18.00".to_owned())
    );
    let nobody = DealerId::generate();
    assert!(
        browse(&t, &by, nobody, &BrowseFilter::default(), &Page::default())
            .await
            .unwrap()
            .rows
            .is_empty()
    );
    assert!(matches!(
        browse_product(&mut t, &by, nobody, a).await.unwrap_err(),
        MasterError::NotFound(_)
    ));
}

#[tokio::test]
async fn a_dealers_people_see_neither_price_lists_nor_another_dealers_prices() {
    let mut staff = test_tx().await;
    let tenant = staff.tenant.clone();
    let a = product("A-1").insert(&mut staff, &tenant).await;
    let (own, _) = dealer().insert(&mut staff, &tenant).await;
    let (other, _) = dealer().insert(&mut staff, &tenant).await;
    let by = staff.by();
    set_dealer_prices(&mut staff, &by, other, prices(&[("A-1", "70")]))
        .await
        .unwrap();
    let people = tenant.dealer_actor(own).allow::<SalesPricesRead>().unwrap();
    assert!(
        list_lists(&mut staff, &people, Shown::All)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        list_prices(&mut staff, &people, tenant.price_list, &Page::default())
            .await
            .unwrap()
            .rows
            .is_empty()
    );
    narrow(&mut staff, own).await;
    assert!(
        list_dealer_prices(&mut staff, &people, other, &Page::default())
            .await
            .unwrap()
            .rows
            .is_empty()
    );
    assert!(
        priced_products(&staff, other, &[a])
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(priced_products(&staff, own, &[a]).await.unwrap().len(), 1);
    assert!(
        tenant
            .actor(Role::Warehouse)
            .allow::<SalesPricesRead>()
            .is_err()
    );
}

/// From here on the transaction has the eyes of a dealer's people.
async fn narrow(t: &mut TestTx, dealer: DealerId) {
    use diesel_async::SimpleAsyncConnection as _;
    t.conn()
        .unwrap()
        .batch_execute(&format!("SET LOCAL app.dealer_scope = '{dealer}'"))
        .await
        .unwrap();
}
