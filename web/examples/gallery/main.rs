//! Every component on pages like the real ones, for looking: `cargo run -p vitaran-web --example gallery`, then open
//! <http://127.0.0.1:8099>. All names and figures are invented, nothing is stored.

mod dealer;
mod parts;
mod staff;

use std::io::{Result, Write as _};

use flate2::{Compression, write::GzEncoder};
use maud::Markup;
use poem::{
    Endpoint, EndpointExt, Request, Response, Route, Server,
    endpoint::make_sync,
    get,
    http::{HeaderValue, StatusCode, header},
    listener::TcpListener,
};
use vitaran_web::{
    assets,
    hx::{self, HxRequest},
    ui::{
        icon::Icon,
        layout::{Area, Density, NavItem, Page, TenantSwitch, Theme, UserMenu},
    },
};

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

#[tokio::main]
async fn main() -> Result<()> {
    let app = Route::new()
        .nest("/assets", assets::endpoint())
        .at("/", get(page(dealer::catalogue)))
        .at("/portal", get(page(dealer::catalogue)))
        .at("/portal/cart", get(page(dealer::cart)))
        .at("/portal/orders", get(page(dealer::orders)))
        .at("/portal/orders/42", get(page(dealer::order)))
        .at("/admin", get(page(staff::dashboard)))
        .at("/admin/orders", get(page(staff::orders)))
        .at("/admin/orders/42", get(page(staff::order)))
        .at("/admin/picking", get(page(staff::picking)))
        .at("/admin/dealers/new", get(page(staff::refused_form)))
        .at("/sign-in", get(page(parts::sign_in)))
        .at("/parts", get(page(parts::parts)))
        .at("/scan", make_sync(parts::scan).after(safe))
        .at("/refused", make_sync(parts::refused).after(safe))
        .at("/toast", make_sync(parts::toast).after(safe));
    Server::new(TcpListener::bind("127.0.0.1:8099"))
        .name("gallery")
        .run(app)
        .await
}

/// A page that a request turns into a document, or into its fragment when one exists.
fn page(make: fn(&HxRequest, Theme) -> Markup) -> impl Endpoint {
    make_sync(move |request: Request| {
        let theme = request
            .uri()
            .query()
            .and_then(|query| query.strip_prefix("theme="))
            .and_then(Theme::parse);
        hx::respond(
            StatusCode::OK,
            make(&HxRequest::of(request.headers()), theme.unwrap_or_default()),
        )
    })
    .after(safe)
}

/// The headers and the compression the product's own middleware gives.
async fn safe(response: poem::Result<impl poem::IntoResponse>) -> poem::Result<Response> {
    let mut response = response?.into_response();
    let plain = response.take_body().into_vec().await?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(&plain)
        .map_err(poem::error::InternalServerError)?;
    response.set_body(encoder.finish().map_err(poem::error::InternalServerError)?);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    Ok(response)
}

/// The frame of the dealer's pages.
fn portal<'a>(
    title: &'a str,
    here: &'a str,
    nav: &'a [NavItem],
    theme: Theme,
    main: Markup,
) -> Page<'a> {
    Page {
        title,
        theme,
        area: Area::Portal,
        nav,
        user: Some(user(
            "Ravi Kumar",
            "dealer@volt.test",
            "Kumar Electricals",
            here,
        )),
        tenant_name: Some("Volt Distribution"),
        main,
        ..Page::default()
    }
}

fn portal_nav(here: &str) -> Vec<NavItem> {
    [
        ("Products", "/portal", Icon::LayoutGrid, None),
        ("Cart", "/portal/cart", Icon::ShoppingCart, Some(3)),
        ("Orders", "/portal/orders", Icon::ClipboardList, None),
        (
            "Invoices",
            "/portal/invoices",
            Icon::ReceiptIndianRupee,
            None,
        ),
        ("Account", "/portal/account", Icon::Wallet, None),
    ]
    .into_iter()
    .map(|(label, href, icon, count)| {
        NavItem::new(label, href, icon)
            .count(count)
            .current(href == here)
    })
    .collect()
}

/// The frame of the staff's pages.
fn admin<'a>(
    title: &'a str,
    here: &'a str,
    nav: &'a [NavItem],
    theme: Theme,
    main: Markup,
) -> Page<'a> {
    Page {
        title,
        theme,
        density: Density::Compact,
        area: Area::Admin,
        nav,
        user: Some(user("Ananya Iyer", "sales@volt.test", "Sales", here)),
        tenant_name: Some("Volt Distribution"),
        shortcuts: vitaran_web::ui::dialog::STAFF_SHORTCUTS,
        header: hx::Search {
            action: "/admin/find",
            label: "Search everything",
            query: "",
            target_id: None,
            field_id: "find",
            key: None,
        }
        .render(""),
        main,
        ..Page::default()
    }
}

fn admin_nav(here: &str) -> Vec<NavItem> {
    [
        ("Overview", "/admin", Icon::LayoutDashboard, None, None),
        (
            "Orders",
            "/admin/orders",
            Icon::ClipboardList,
            Some(7),
            Some("Sell"),
        ),
        ("Dealers", "/admin/dealers/new", Icon::Store, None, None),
        ("Prices", "/admin/prices", Icon::Tag, None, None),
        (
            "Picking",
            "/admin/picking",
            Icon::PackageOpen,
            Some(4),
            Some("Warehouse"),
        ),
        ("Stock", "/admin/stock", Icon::Boxes, None, None),
        (
            "Invoices",
            "/admin/invoices",
            Icon::ReceiptIndianRupee,
            None,
            Some("Money"),
        ),
        ("Payments", "/admin/payments", Icon::IndianRupee, None, None),
        (
            "Messages",
            "/admin/notifications",
            Icon::MessageCircle,
            None,
            Some("Company"),
        ),
        ("Settings", "/admin/settings", Icon::Settings, None, None),
    ]
    .into_iter()
    .map(|(label, href, icon, count, group)| {
        let item = NavItem::new(label, href, icon)
            .count(count)
            .current(href == here);
        let item = if label == "Orders" {
            item.key("g o")
        } else {
            item
        };
        match group {
            Some(group) => item.group(group),
            None => item,
        }
    })
    .collect()
}

fn user<'a>(name: &'a str, email: &'a str, role: &'a str, here: &'a str) -> UserMenu<'a> {
    UserMenu {
        name,
        email,
        role,
        theme_url: "/preferences/theme",
        sign_out_url: "/sign-out",
        links: vec![("Your account", "/account"), ("Help", "/help")],
        tenants: Some(TenantSwitch {
            url: "/tenant",
            others: vec![("ampere".to_owned(), "Ampere Traders")],
        }),
        here,
    }
}
