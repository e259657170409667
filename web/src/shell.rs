//! What every page takes from its request: who is signed in, colours, messages, the way around. A handler fills in the
//! title and the main part.

use maud::Markup;
use poem::http::StatusCode;
use poem::{FromRequest, Request, RequestBody, Response, Result};
use vitaran_core::access::{Actor, PermissionCode, Role};
use vitaran_core::live::Moment;

use crate::api_keys;
use crate::auth::CurrentSession;
use crate::domains;
use crate::http::problem_page::KnownSession;
use crate::http::site::Site;
use crate::http::{cookies, flash, next_path};
use crate::hx::{self, HxRequest};
use crate::identity::{self, second_factor};
use crate::live;
use crate::members;
use crate::modules;
use crate::portal;
use crate::state::AppState;
use crate::ui::flash::Flash;
use crate::ui::layout::{Density, Impersonation, NavItem, Theme, UserMenu};
use crate::ui::{Area, Icon, Page, dialog};
use crate::webhooks;

pub const THEME_COOKIE: &str = "theme";
pub const DENSITY_COOKIE: &str = "density";

/// Everything around the main part of a page. An extractor, and what the error page is drawn with.
#[derive(Debug, Clone)]
pub struct Shell {
    request: HxRequest,
    path: String,
    here: String,
    theme: Theme,
    density: Option<Density>,
    flash: Option<Flash>,
    session: Option<CurrentSession>,
    site: Site,
    is_https: bool,
    /// Before the page's data was read: what changes later is news to it.
    asked: Moment,
}

impl<'a> FromRequest<'a> for Shell {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        Ok(Shell::of(request))
    }
}

impl Shell {
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let is_https = request
            .data::<AppState>()
            .is_some_and(|state| state.config.is_https());
        let headers = request.headers();
        let cookie = |name| cookies::read(headers, name, is_https);
        let uri = request.original_uri();
        let here = uri.path_and_query().map_or("/", |both| both.as_str());
        Shell {
            request: HxRequest::of(headers),
            path: uri.path().to_owned(),
            here: next_path::safe(here).unwrap_or("/").to_owned(),
            theme: cookie(THEME_COOKIE)
                .and_then(Theme::parse)
                .unwrap_or_default(),
            density: cookie(DENSITY_COOKIE).and_then(Density::parse),
            flash: flash::find(headers, is_https),
            session: request.data::<CurrentSession>().cloned().or_else(|| {
                request
                    .data::<KnownSession>()
                    .and_then(|known| known.0.get().cloned())
            }),
            site: Site::of(request),
            is_https,
            asked: Moment::now(),
        }
    }

    /// The session, where it became known after the shell was made.
    pub(crate) fn know(&mut self, session: Option<CurrentSession>) {
        self.session = self.session.take().or(session);
    }

    /// What the browser's script said about the request.
    #[must_use]
    pub fn request(&self) -> &HxRequest {
        &self.request
    }

    /// The answer must be a fragment.
    #[must_use]
    pub fn wants_fragment(&self) -> bool {
        self.request.wants_fragment()
    }

    #[must_use]
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// A page of this title; see [`Draft`].
    pub fn page<'a>(&'a self, title: &'a str) -> Draft<'a> {
        Draft {
            shell: self,
            title,
            status: StatusCode::OK,
            has_errors: false,
            header: Markup::default(),
            cart: None,
            is_live: false,
        }
    }

    /// A fragment: the component alone, as the page itself uses it.
    #[must_use]
    pub fn fragment(&self, status: StatusCode, body: Markup) -> Response {
        hx::respond(status, body)
    }

    /// After a POST: to the next page, with a message that it shows.
    #[must_use]
    pub fn go_to(&self, path: &str, message: Option<&Flash>) -> Response {
        let mut response = hx::go_to(&self.request, path);
        if let Some(message) = message {
            flash::leave(&mut response, message, self.is_https);
        }
        response
    }

    /// By the address; the start page and errors outside the areas follow the person.
    fn area(&self) -> Area {
        let Some(session) = &self.session else {
            let is_public = self.path.starts_with("/developers");
            return if is_public {
                Area::Public
            } else {
                Area::SignedOut
            };
        };
        match (self.path.split('/').nth(1), session.actor()) {
            (Some("super"), _) | (_, None) => Area::Super,
            (_, Some(actor)) if actor.role() == Role::Dealer => Area::Portal,
            _ => Area::Admin,
        }
    }
}

/// A page being put together.
#[must_use = "a page is shown by render()"]
pub struct Draft<'a> {
    shell: &'a Shell,
    title: &'a str,
    status: StatusCode,
    has_errors: bool,
    header: Markup,
    cart: Option<u64>,
    is_live: bool,
}

impl Draft<'_> {
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// A form was refused: 422, and the tab says so first.
    pub fn refused(mut self) -> Self {
        self.status = StatusCode::UNPROCESSABLE_ENTITY;
        self.has_errors = true;
        self
    }

    /// Search or cart, in the top bar.
    pub fn header(mut self, header: Markup) -> Self {
        self.header = header;
        self
    }

    /// How many products the cart holds, for the navigation.
    pub fn cart(mut self, products: Option<u64>) -> Self {
        self.cart = products;
        self
    }

    /// The page has parts that fetch themselves anew when something changes.
    pub fn live(mut self) -> Self {
        self.is_live = true;
        self
    }

    /// The document; for a partial request its main part alone, so that no page ever lands inside another.
    #[must_use]
    pub fn render(self, main: Markup) -> Response {
        let shell = self.shell;
        if shell.wants_fragment() {
            return shell.fragment(self.status, main);
        }
        let session = shell.session.as_ref();
        let actor = session.and_then(CurrentSession::actor);
        let area = shell.area();
        let nav = nav(area, actor, &shell.path, self.cart);
        let flashes: Vec<Flash> = shell.flash.iter().cloned().collect();
        let page = Page {
            title: self.title,
            error_title: self.has_errors,
            theme: shell.theme,
            density: shell.density.unwrap_or(usual_density(area)),
            area,
            nav: &nav,
            user: session.map(|session| user_menu(session, &shell.site, &shell.here)),
            tenant_name: match area {
                Area::Super => None,
                _ => actor
                    .map(Actor::tenant)
                    .or(shell.site.tenant())
                    .map(|tenant| tenant.name.as_str()),
            },
            impersonation: actor.and_then(impersonation),
            flash: &flashes,
            header: self.header,
            shortcuts: match area {
                Area::Admin => dialog::STAFF_SHORTCUTS,
                _ => &[],
            },
            live_url: self.is_live.then(|| live::address(shell.asked)),
            main,
        };
        let mut response = hx::respond(self.status, page.render());
        if !flashes.is_empty() {
            flash::forget(&mut response, shell.is_https);
        }
        response
    }
}

const fn usual_density(area: Area) -> Density {
    match area {
        Area::Admin | Area::Super => Density::Compact,
        Area::Portal | Area::Public | Area::SignedOut => Density::Comfortable,
    }
}

fn user_menu<'a>(session: &'a CurrentSession, site: &Site, here: &'a str) -> UserMenu<'a> {
    let user = session.user();
    let mut links = vec![("Where you are signed in", identity::own_sessions::PATH)];
    let profile = "/portal/profile";
    if session
        .actor()
        .is_some_and(|actor| actor.role() == Role::Dealer && modules::is_there(profile, actor))
    {
        links.push(("Your business", profile));
    }
    if session.actor().and_then(Actor::impersonation).is_none() {
        links.push(("Change your password", "/account/password"));
        links.push(("Change your e-mail", identity::email::PATH));
        links.push((second_factor::own::TITLE, second_factor::own::PATH));
    }
    // Under a distributor's name there is no other company.
    let may_leave = session.actor().is_some() && site.tenant().is_none();
    if session.view().membership_count > 1 && may_leave {
        links.push(("Change company", "/switch-tenant"));
    }
    if user.is_platform_admin && may_leave {
        links.push(("Platform", "/super"));
    }
    UserMenu {
        name: &user.name,
        email: &user.email,
        role: session
            .actor()
            .map_or("Platform", |actor| actor.grant().label()),
        theme_url: "/preferences",
        sign_out_url: "/logout",
        links,
        // The list costs a look-up; it has a page of its own.
        tenants: None,
        here,
    }
}

fn impersonation(actor: &Actor) -> Option<Impersonation<'_>> {
    actor.impersonation().map(|_| Impersonation {
        by: actor.name(),
        tenant: &actor.tenant().name,
        end_url: "/super/visit/end",
    })
}

/// One entry of an area's navigation: shown to those who hold the permission, if it names one.
struct Way {
    area: Area,
    label: &'static str,
    href: &'static str,
    icon: Icon,
    needs: Option<PermissionCode>,
}

/// The navigation of all areas, in the order shown.
const WAYS: &[Way] = &[
    Way {
        area: Area::Portal,
        label: "Home",
        href: "/portal",
        icon: Icon::House,
        needs: Some(PermissionCode::SalesOrdersRead),
    },
    Way {
        area: Area::Portal,
        label: "Products",
        href: portal::CATALOGUE,
        icon: Icon::Boxes,
        needs: Some(PermissionCode::SalesPricesRead),
    },
    Way {
        area: Area::Portal,
        label: "Cart",
        href: CART,
        icon: Icon::ShoppingCart,
        needs: Some(PermissionCode::SalesOrdersPlace),
    },
    Way {
        area: Area::Portal,
        label: "Orders",
        href: "/portal/orders",
        icon: Icon::ClipboardList,
        needs: Some(PermissionCode::SalesOrdersRead),
    },
    Way {
        area: Area::Portal,
        label: "Invoices",
        href: "/portal/invoices",
        icon: Icon::ReceiptIndianRupee,
        needs: Some(PermissionCode::BillingInvoicesRead),
    },
    Way {
        area: Area::Admin,
        label: "Home",
        href: "/admin",
        icon: Icon::LayoutDashboard,
        needs: Some(PermissionCode::SalesOrdersRead),
    },
    Way {
        area: Area::Admin,
        label: "Orders",
        href: "/admin/orders",
        icon: Icon::ClipboardList,
        needs: Some(PermissionCode::SalesOrdersRead),
    },
    Way {
        area: Area::Admin,
        label: "Warehouse",
        href: "/admin/warehouse",
        icon: Icon::Warehouse,
        needs: Some(PermissionCode::WarehousePicksRead),
    },
    Way {
        area: Area::Admin,
        label: "Invoices",
        href: "/admin/invoices",
        icon: Icon::ReceiptIndianRupee,
        needs: Some(PermissionCode::BillingInvoicesRead),
    },
    Way {
        area: Area::Admin,
        label: "Messages",
        href: "/admin/notifications",
        icon: Icon::MessageCircle,
        needs: Some(PermissionCode::PlatformNotificationsRead),
    },
    Way {
        area: Area::Admin,
        label: "Products",
        href: "/admin/products",
        icon: Icon::Package,
        needs: Some(PermissionCode::InventoryProductsRead),
    },
    Way {
        area: Area::Admin,
        label: "Categories",
        href: "/admin/categories",
        icon: Icon::Layers,
        needs: Some(PermissionCode::InventoryCategoriesWrite),
    },
    Way {
        area: Area::Admin,
        label: "Stock",
        href: "/admin/stock",
        icon: Icon::Boxes,
        needs: Some(PermissionCode::InventoryStockRead),
    },
    Way {
        area: Area::Admin,
        label: "Price lists",
        href: "/admin/price-lists",
        icon: Icon::Tag,
        needs: Some(PermissionCode::SalesPricesRead),
    },
    Way {
        area: Area::Admin,
        label: "Dealers",
        href: "/admin/dealers",
        icon: Icon::Store,
        needs: Some(PermissionCode::SalesDealersRead),
    },
    Way {
        area: Area::Admin,
        label: "People",
        href: members::PATH,
        icon: Icon::Users,
        needs: Some(PermissionCode::PlatformUsersRead),
    },
    Way {
        area: Area::Admin,
        label: "Roles",
        href: "/admin/roles",
        icon: Icon::ShieldCheck,
        needs: Some(PermissionCode::PlatformUsersRead),
    },
    Way {
        area: Area::Admin,
        label: "Sessions",
        href: identity::staff_sessions::PATH,
        icon: Icon::Monitor,
        needs: Some(PermissionCode::PlatformSessionsRevoke),
    },
    Way {
        area: Area::Admin,
        label: second_factor::rules::TITLE,
        href: second_factor::rules::PATH,
        icon: Icon::Settings,
        needs: Some(PermissionCode::PlatformSettingsWrite),
    },
    Way {
        area: Area::Admin,
        label: "Domains",
        href: domains::PATH,
        icon: Icon::ExternalLink,
        needs: Some(PermissionCode::PlatformSettingsWrite),
    },
    Way {
        area: Area::Admin,
        label: "Audit log",
        href: "/admin/audit",
        icon: Icon::History,
        needs: Some(PermissionCode::PlatformAuditRead),
    },
    Way {
        area: Area::Admin,
        label: "API keys",
        href: api_keys::PATH,
        icon: Icon::Lock,
        needs: Some(PermissionCode::PlatformApikeysManage),
    },
    Way {
        area: Area::Admin,
        label: "Webhooks",
        href: webhooks::PATH,
        icon: Icon::Webhook,
        needs: Some(PermissionCode::PlatformWebhooksManage),
    },
    Way {
        area: Area::Admin,
        label: "Developers",
        href: "/developers",
        icon: Icon::Code,
        needs: Some(PermissionCode::PlatformApikeysManage),
    },
    Way {
        area: Area::Super,
        label: "Distributors",
        href: "/super",
        icon: Icon::Building2,
        needs: None,
    },
];

/// Where the cart is, and the id of its count in the navigation.
const CART: &str = "/portal/cart";
pub const CART_COUNT: &str = "cart-count";

impl Way {
    fn is_open_to(&self, actor: Option<&Actor>) -> bool {
        let may = self
            .needs
            .is_none_or(|code| actor.is_some_and(|actor| actor.has(code)));
        may && actor.is_none_or(|actor| modules::is_there(self.href, actor))
    }
}

/// Whether an entry of the navigation is shown to somebody.
pub fn may_open(href: &str, actor: &Actor) -> bool {
    WAYS.iter()
        .any(|way| way.href == href && way.is_open_to(Some(actor)))
}

/// Where somebody begins who may not open the usual place of their work.
pub fn first_way(actor: &Actor) -> &'static str {
    let area = match actor.role() {
        Role::Dealer => Area::Portal,
        _ => Area::Admin,
    };
    let mut open = WAYS
        .iter()
        .filter(|way| way.area == area && way.is_open_to(Some(actor)));
    open.next().map_or("/switch-tenant", |way| way.href)
}

fn nav(area: Area, actor: Option<&Actor>, path: &str, cart: Option<u64>) -> Vec<NavItem> {
    WAYS.iter()
        .filter(|way| way.area == area && way.is_open_to(actor))
        .map(|way| {
            let item = NavItem::new(way.label, way.href, way.icon).current(is_here(way.href, path));
            match way.href {
                CART => item.count(cart).count_id(CART_COUNT),
                "/admin/orders" => item.key("g o"),
                "/admin/products" => item.key("g p"),
                _ => item,
            }
        })
        .collect()
}

/// An area's home is itself alone; every other entry stands for what lies below it too, and the catalogue for its
/// products.
fn is_here(href: &str, path: &str) -> bool {
    let is_home = matches!(href, "/portal" | "/admin");
    path == href
        || (href == portal::CATALOGUE && path.starts_with("/portal/products/"))
        || (!is_home
            && path
                .strip_prefix(href)
                .is_some_and(|rest| rest.starts_with('/')))
}
