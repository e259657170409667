//! Every route on one screen: pages first, then the API, then what needs nobody.

use std::collections::BTreeMap;

use poem::endpoint::{BoxEndpoint, EndpointExt as _};
use poem::http::Method;
use poem::web::{Data, Redirect};
use poem::{
    Endpoint, IntoEndpoint, IntoResponse as _, Request, Response, Route, RouteMethod, get, handler,
};

use crate::auth::area_guard::GuardAreas;
use crate::auth::session::ReadSessions;
use crate::catalog::categories;
use crate::dealers::{addresses, contacts};
use crate::http::body_limit::{BodyLimit, ONE_MIB};
use crate::http::compression::Gzip;
use crate::http::cors::Cors;
use crate::http::csrf::SameSiteOnly;
use crate::http::not_modified::NotModified;
use crate::http::problem::Allow;
use crate::http::problem_json;
use crate::http::problem_page::ShowRefusals;
use crate::http::request_check::RequestCheck;
use crate::http::request_id::NameRequests;
use crate::http::retirement::{RETIRING, TellRetirement};
use crate::http::security_headers::SecurityHeaders;
use crate::http::site::ReadSite;
use crate::http::text_guard::TextGuard;
use crate::http::throttle::{ApiThrottle, Throttle};
use crate::identity::second_factor;
use crate::state::AppState;
use crate::tenancy::{platform, register};
use crate::{
    api_keys, assets, audit, catalog, dashboard, dealers, developers, domains, health, identity,
    invitations, invoicing, live, members, notifications, openapi, orders, pricing, roles, stock,
    warehouse, webhooks,
};

/// The pages. A form's POST stands beside the page it is on.
fn pages() -> Pages {
    Pages::default()
        .get("/", identity::go_to_start)
        .get("/login", identity::show_sign_in)
        .post("/login", identity::submit_sign_in)
        .get("/login/code", second_factor::step::show)
        .post("/login/code", second_factor::step::submit)
        .get("/forgotten-password", identity::password::show_forgotten)
        .post("/forgotten-password", identity::password::submit_forgotten)
        .get("/new-password", identity::password::show_new)
        .post("/new-password", identity::password::submit_new)
        .get("/invitation", invitations::open::show)
        .post("/invitation", invitations::open::accept)
        .post("/logout", identity::sign_out)
        .get("/account/password", identity::password::show_change)
        .post("/account/password", identity::password::submit_change)
        .get("/account/email", identity::email::show)
        .post("/account/email", identity::email::submit)
        .get("/new-email", identity::email::show_new)
        .post("/new-email", identity::email::submit_new)
        .get("/account/second-factor", second_factor::own::show)
        .post("/account/second-factor", second_factor::own::begin)
        .post_of(
            "/account/second-factor",
            "/account/second-factor/confirmation",
            second_factor::own::confirm,
        )
        .get(
            "/account/second-factor/recovery-codes",
            second_factor::own::ask_for_codes,
        )
        .post(
            "/account/second-factor/recovery-codes",
            second_factor::own::renew_codes,
        )
        .get(
            "/account/second-factor/removal",
            second_factor::own::ask_removal,
        )
        .post("/account/second-factor/removal", second_factor::own::remove)
        .get(identity::suspended::PATH, identity::suspended::show)
        .get("/switch-tenant", identity::show_switch)
        .post("/switch-tenant", identity::submit_switch)
        .post("/preferences", identity::set_preferences)
        .get("/account/sessions", identity::own_sessions::show)
        .post_of(
            "/account/sessions",
            "/account/sessions/revocation",
            identity::own_sessions::end_others,
        )
        .post_of(
            "/account/sessions",
            "/account/sessions/:id/revocation",
            identity::own_sessions::end,
        )
        .get("/portal", orders::portal_home::show)
        .get("/portal/catalogue", catalog::portal::browse)
        .get("/portal/products/:id", catalog::portal::show)
        .get("/portal/cart", orders::cart::show)
        .post("/portal/cart", orders::cart::update)
        .post_of("/portal/cart", "/portal/cart/lines", orders::cart::add)
        .post_of(
            "/portal/cart",
            "/portal/cart/lines/:id/removal",
            orders::cart::remove,
        )
        .get("/portal/cart/removal", orders::cart::ask_to_clear)
        .post("/portal/cart/removal", orders::cart::clear)
        .get("/portal/orders", orders::portal::list)
        .post("/portal/orders", orders::portal::place)
        .get("/portal/orders/:id", orders::portal::show)
        .post("/portal/orders/:id/repeat", orders::portal::repeat)
        .get(
            "/portal/orders/:id/cancellation",
            orders::portal::ask_to_cancel,
        )
        .post("/portal/orders/:id/cancellation", orders::portal::cancel)
        .get("/portal/invoices", invoicing::portal::list)
        .get("/portal/invoices/:id", invoicing::portal::show)
        .get("/portal/profile", dealers::portal::profile)
        .get("/admin", dashboard::show)
        .get("/admin/orders", orders::admin::list)
        .post_of(
            "/admin/orders",
            "/admin/orders/approvals",
            orders::bulk::approve_selected,
        )
        .get("/admin/orders/new", orders::admin_new::new)
        .post("/admin/orders/new", orders::admin_new::submit)
        .get("/admin/orders/:id", orders::admin::show)
        .get("/admin/orders/:id/approval", orders::verbs::ask_approval)
        .post("/admin/orders/:id/approval", orders::verbs::approve)
        .get("/admin/orders/:id/rejection", orders::verbs::ask_rejection)
        .post("/admin/orders/:id/rejection", orders::verbs::reject)
        .get(
            "/admin/orders/:id/cancellation",
            orders::verbs::ask_cancellation,
        )
        .post("/admin/orders/:id/cancellation", orders::verbs::cancel)
        .get("/admin/orders/:id/delivery", orders::verbs::ask_delivery)
        .post("/admin/orders/:id/delivery", orders::verbs::deliver)
        .get(
            "/admin/orders/:id/short-closes",
            orders::verbs::ask_short_close,
        )
        .post("/admin/orders/:id/short-closes", orders::verbs::short_close)
        .get("/admin/warehouse", warehouse::show_queue)
        .post(
            "/admin/warehouse/orders/:id/picking",
            warehouse::start_picking,
        )
        .get("/admin/warehouse/orders/:id/pick", warehouse::show_pick)
        .post_of(
            "/admin/warehouse/orders/:id/pick",
            "/admin/warehouse/orders/:id/scans",
            warehouse::scan,
        )
        .post_of(
            "/admin/warehouse/orders/:id/pick",
            "/admin/warehouse/orders/:id/picks",
            warehouse::set_picks,
        )
        .post_of(
            "/admin/warehouse/orders/:id/pick",
            "/admin/warehouse/orders/:id/short-closes",
            warehouse::close_short,
        )
        .post_of(
            "/admin/warehouse/orders/:id/pick",
            "/admin/warehouse/orders/:id/packing",
            warehouse::pack,
        )
        .get(
            "/admin/warehouse/orders/:id/dispatch",
            warehouse::show_dispatch,
        )
        .post(
            "/admin/warehouse/orders/:id/dispatch",
            warehouse::submit_dispatch,
        )
        .get("/admin/invoices", invoicing::list)
        .get("/admin/invoices/series", invoicing::series)
        .get("/admin/invoices/:id", invoicing::show)
        .get("/admin/invoices/:id/pdf", invoicing::show_pdf)
        .get("/portal/invoices/:id/pdf", invoicing::show_dealer_pdf)
        .get("/admin/notifications", notifications::list)
        .get("/admin/notifications/:id", notifications::show)
        .post("/admin/notifications/:id/requeue", notifications::requeue)
        .get("/admin/products", catalog::admin::index)
        .get("/admin/products/new", catalog::admin::new)
        .post("/admin/products/new", catalog::admin::create)
        .get("/admin/products/:id", catalog::admin::show)
        .get("/admin/products/:id/edit", catalog::admin::edit)
        .post("/admin/products/:id/edit", catalog::admin::update)
        .get(
            "/admin/products/:id/deactivation",
            catalog::admin::ask_deactivation,
        )
        .post(
            "/admin/products/:id/deactivation",
            catalog::admin::deactivate,
        )
        .post("/admin/products/:id/activation", catalog::admin::activate)
        .get("/admin/categories", categories::index)
        .get("/admin/categories/new", categories::new)
        .post("/admin/categories/new", categories::create)
        .get("/admin/categories/:id/edit", categories::edit)
        .post("/admin/categories/:id/edit", categories::rename)
        .get(
            "/admin/categories/:id/deactivation",
            categories::ask_deactivation,
        )
        .post("/admin/categories/:id/deactivation", categories::deactivate)
        .post("/admin/categories/:id/activation", categories::activate)
        .get("/admin/stock", stock::admin::levels)
        .get("/admin/stock/ledger", stock::admin::ledger)
        .get("/admin/stock/receive", stock::movements::new_receipt)
        .post("/admin/stock/receive", stock::movements::receive)
        .get("/admin/stock/adjust", stock::movements::new_adjustment)
        .post("/admin/stock/adjust", stock::movements::adjust)
        .get("/admin/roles", roles::admin::index)
        .post("/admin/roles", roles::admin::create)
        .get("/admin/roles/new", roles::admin::new)
        .get("/admin/roles/built-in", roles::admin::built_in)
        .get("/admin/roles/:id", roles::admin::show)
        .post("/admin/roles/:id", roles::admin::update)
        .get("/admin/roles/:id/removal", roles::admin::ask_removal)
        .post("/admin/roles/:id/removal", roles::admin::remove)
        .get("/admin/members", members::admin::index)
        .get("/admin/members/:id", members::admin::show)
        .post("/admin/members/:id", members::admin::change_role)
        .get(
            "/admin/members/:id/deactivation",
            members::admin::ask_deactivation,
        )
        .post(
            "/admin/members/:id/deactivation",
            members::admin::deactivate,
        )
        .post("/admin/members/:id/activation", members::admin::activate)
        .get("/admin/members/:id/removal", members::admin::ask_removal)
        .post("/admin/members/:id/removal", members::admin::remove)
        .get("/admin/invitations", invitations::admin::index)
        .get("/admin/invitations/new", invitations::admin::new)
        .post("/admin/invitations/new", invitations::admin::create)
        .get(
            "/admin/invitations/:id/sending",
            invitations::admin::ask_sending,
        )
        .post(
            "/admin/invitations/:id/sending",
            invitations::admin::send_again,
        )
        .get(
            "/admin/invitations/:id/revocation",
            invitations::admin::ask_revocation,
        )
        .post(
            "/admin/invitations/:id/revocation",
            invitations::admin::revoke,
        )
        .get("/admin/price-lists", pricing::admin::index)
        .get("/admin/price-lists/new", pricing::admin::new)
        .post("/admin/price-lists/new", pricing::admin::create)
        .get("/admin/price-lists/:id", pricing::admin::show)
        .post("/admin/price-lists/:id", pricing::admin::save)
        .get("/admin/price-lists/:id/edit", pricing::admin::edit)
        .post("/admin/price-lists/:id/edit", pricing::admin::rename)
        .get(
            "/admin/price-lists/:id/default",
            pricing::admin::ask_default,
        )
        .post(
            "/admin/price-lists/:id/default",
            pricing::admin::make_default,
        )
        .get(
            "/admin/price-lists/:id/deactivation",
            pricing::admin::ask_deactivation,
        )
        .post(
            "/admin/price-lists/:id/deactivation",
            pricing::admin::deactivate,
        )
        .post(
            "/admin/price-lists/:id/activation",
            pricing::admin::activate,
        )
        .get("/admin/dealers", dealers::admin::index)
        .get("/admin/dealers/new", dealers::admin::new)
        .post("/admin/dealers/new", dealers::admin::create)
        .get("/admin/dealers/:id", dealers::admin::show)
        .get("/admin/dealers/:id/edit", dealers::admin::edit)
        .post("/admin/dealers/:id/edit", dealers::admin::update)
        .get(
            "/admin/dealers/:id/deactivation",
            dealers::admin::ask_deactivation,
        )
        .post(
            "/admin/dealers/:id/deactivation",
            dealers::admin::deactivate,
        )
        .post("/admin/dealers/:id/activation", dealers::admin::activate)
        .get("/admin/dealers/:id/credit-limit", dealers::credit::show)
        .post("/admin/dealers/:id/credit-limit", dealers::credit::set)
        .get("/admin/dealers/:id/prices", pricing::dealer::show)
        .post("/admin/dealers/:id/prices", pricing::dealer::save)
        .get("/admin/dealers/:id/addresses/new", addresses::new)
        .post("/admin/dealers/:id/addresses/new", addresses::create)
        .get(
            "/admin/dealers/:id/addresses/:address/edit",
            addresses::edit,
        )
        .post(
            "/admin/dealers/:id/addresses/:address/edit",
            addresses::update,
        )
        .get(
            "/admin/dealers/:id/addresses/:address/deactivation",
            addresses::ask_deactivation,
        )
        .post(
            "/admin/dealers/:id/addresses/:address/deactivation",
            addresses::deactivate,
        )
        .post(
            "/admin/dealers/:id/addresses/:address/activation",
            addresses::activate,
        )
        .get("/admin/dealers/:id/contacts/new", contacts::new)
        .post("/admin/dealers/:id/contacts/new", contacts::create)
        .get("/admin/dealers/:id/contacts/:contact/edit", contacts::edit)
        .post(
            "/admin/dealers/:id/contacts/:contact/edit",
            contacts::update,
        )
        .get(
            "/admin/dealers/:id/contacts/:contact/deactivation",
            contacts::ask_deactivation,
        )
        .post(
            "/admin/dealers/:id/contacts/:contact/deactivation",
            contacts::deactivate,
        )
        .post(
            "/admin/dealers/:id/contacts/:contact/activation",
            contacts::activate,
        )
        .get("/admin/sessions", identity::staff_sessions::list)
        .post_of(
            "/admin/sessions",
            "/admin/sessions/:id/revocation",
            identity::staff_sessions::end,
        )
        .post_of(
            "/admin/sessions",
            "/admin/users/:id/sessions/revocation",
            identity::staff_sessions::end_all,
        )
        .get("/admin/second-factor", second_factor::rules::show)
        .post("/admin/second-factor", second_factor::rules::submit)
        .get(
            "/admin/users/:id/second-factor/removal",
            second_factor::member::ask_removal,
        )
        .post(
            "/admin/users/:id/second-factor/removal",
            second_factor::member::remove,
        )
        .get("/admin/api-keys", api_keys::list)
        .get("/admin/api-keys/new", api_keys::new)
        .post("/admin/api-keys/new", api_keys::create)
        .get("/admin/api-keys/:id", api_keys::show)
        .get("/admin/api-keys/:id/roll", api_keys::ask_roll)
        .post("/admin/api-keys/:id/roll", api_keys::roll)
        .get("/admin/api-keys/:id/revocation", api_keys::ask_revocation)
        .post("/admin/api-keys/:id/revocation", api_keys::revoke)
        .get("/admin/webhooks", webhooks::admin::list)
        .get("/admin/webhooks/events", webhooks::admin::events)
        .get("/admin/webhooks/new", webhooks::admin::new)
        .post("/admin/webhooks/new", webhooks::admin::create)
        .get("/admin/webhooks/:id", webhooks::admin::show)
        .get("/admin/webhooks/:id/edit", webhooks::admin::edit)
        .post("/admin/webhooks/:id/edit", webhooks::admin::update)
        .post_of(
            "/admin/webhooks/:id",
            "/admin/webhooks/:id/activation",
            webhooks::admin::activate,
        )
        .get(
            "/admin/webhooks/:id/deactivation",
            webhooks::admin::ask_deactivation,
        )
        .post(
            "/admin/webhooks/:id/deactivation",
            webhooks::admin::deactivate,
        )
        .get("/admin/webhooks/:id/removal", webhooks::admin::ask_removal)
        .post("/admin/webhooks/:id/removal", webhooks::admin::remove)
        .get(
            "/admin/webhooks/:id/secret",
            webhooks::secrets::ask_rotation,
        )
        .post("/admin/webhooks/:id/secret", webhooks::secrets::rotate)
        .post_of(
            "/admin/webhooks/:id",
            "/admin/webhooks/:id/secret/revocation",
            webhooks::secrets::end_older,
        )
        .post_of(
            "/admin/webhooks/:id",
            "/admin/webhooks/:id/ping",
            webhooks::admin::ping,
        )
        .get("/admin/webhooks/:id/replay", webhooks::admin::ask_replay)
        .post("/admin/webhooks/:id/replay", webhooks::admin::replay)
        .get("/admin/webhooks/deliveries/:id", webhooks::deliveries::show)
        .post_of(
            "/admin/webhooks/deliveries/:id",
            "/admin/webhooks/deliveries/:id/replay",
            webhooks::deliveries::replay,
        )
        .get(domains::PATH, domains::admin::list)
        .get("/admin/domains/new", domains::admin::new)
        .post("/admin/domains/new", domains::admin::create)
        .get("/admin/domains/:id", domains::admin::show)
        .post_of(
            "/admin/domains/:id",
            "/admin/domains/:id/check",
            domains::admin::check,
        )
        .post_of(
            "/admin/domains/:id",
            "/admin/domains/:id/primary",
            domains::admin::make_primary,
        )
        .post_of(
            "/admin/domains/:id",
            "/admin/domains/:id/no-primary",
            domains::admin::stop_primary,
        )
        .get("/admin/domains/:id/removal", domains::admin::ask_removal)
        .post("/admin/domains/:id/removal", domains::admin::remove)
        .get("/admin/audit", audit::index)
        .get("/admin/audit/trail", audit::trail::index)
        .get("/admin/audit/trail.csv", audit::trail::export)
        .get("/super", platform::list)
        .get("/super/tenants/new", platform::new)
        .post("/super/tenants/new", platform::create)
        .get("/super/tenants/:slug", platform::show)
        .get("/super/tenants/:slug/name", register::ask_name)
        .post("/super/tenants/:slug/name", register::rename)
        .get("/super/tenants/:slug/modules", register::ask_modules)
        .post("/super/tenants/:slug/modules", register::set_modules)
        .get("/super/tenants/:slug/suspension", register::ask_suspension)
        .post("/super/tenants/:slug/suspension", register::suspend)
        .post_of(
            "/super/tenants/:slug",
            "/super/tenants/:slug/restoration",
            register::restore,
        )
        .post("/super/tenants/:slug/visits", platform::start_visit)
        .post("/super/visit/end", platform::end_visit)
        .get("/developers", developers::show)
        .get(developers::changelog::PATH, developers::changelog::show)
        .get("/live", live::stream_changes)
}

/// The whole application, as a server or a test runs it.
pub fn app(state: AppState) -> impl Endpoint<Output = Response> + 'static {
    let same_site = SameSiteOnly {
        public_url: state.config.public_url.clone(),
    };
    let headers = SecurityHeaders {
        is_https: state.config.is_https(),
        public_url: state.config.public_url.clone(),
    };
    let pages = pages()
        .into_route()
        .with(GuardAreas)
        .with(ReadSessions)
        .with(same_site)
        .with(ReadSite)
        .with(TextGuard)
        .with(BodyLimit(ONE_MIB))
        .with(Throttle)
        .with(ShowRefusals);
    Route::new()
        .nest(openapi::PREFIX, api(&state))
        .nest("/assets", assets::endpoint())
        .nest("/webhooks", webhooks())
        .at("/health", health())
        .at("/domains/ask", ask_of_domain())
        .at(developers::try_it::PATH, try_it())
        .nest("/", pages)
        .data(state)
        .with(Gzip)
        .with(headers)
        .with(NameRequests)
}

/// Bearer tokens alone: no session is read here, so no cookie counts.
fn api(state: &AppState) -> impl Endpoint<Output = Response> + use<> {
    let cors = Cors {
        origins: state.config.cors_origins.clone(),
    };
    Route::new()
        .at("/openapi.json", read_only(get(developers::document_3_1)))
        .at(
            "/openapi-3.0.json",
            read_only(get(developers::document_3_0)),
        )
        .nest("/", openapi::service())
        .with(NotModified)
        .with(RequestCheck::of(&openapi::raw()))
        .with(TextGuard)
        .with(BodyLimit(ONE_MIB))
        .with(ReadSite)
        .catch_all_error(|error| async { problem_json::of_error(error) })
        .with(TellRetirement(RETIRING))
        .with(ApiThrottle)
        .with(cors)
}

/// Called by others' servers, who prove themselves by signatures: no session, no cookie, so nothing to forge across sites.
fn webhooks() -> impl Endpoint<Output = Response> {
    Route::new()
        .at(
            "/whatsapp/:tenant",
            say_what_is_allowed(
                get(notifications::handshake).post(notifications::receive),
                Allow("GET, HEAD, POST".to_owned()),
            ),
        )
        .with(TextGuard)
        .with(BodyLimit(ONE_MIB))
        .with(Throttle)
        .catch_all_error(|error| async { problem_json::of_error(error) })
}

/// Asked by load balancers, which read no page.
fn health() -> impl Endpoint<Output = Response> {
    read_only(get(health::show_health))
        .catch_all_error(|error| async { problem_json::of_error(error) })
}

/// Asked by proxies, under whatever name they know web by.
fn ask_of_domain() -> impl Endpoint<Output = Response> {
    read_only(get(domains::ask::ask))
        .with(TextGuard)
        .with(Throttle)
        .catch_all_error(|error| async { problem_json::of_error(error) })
}

/// A document by itself, with a policy of its own: no page's part, so no fragment either.
fn try_it() -> impl Endpoint<Output = Response> {
    read_only(get(developers::try_it::show))
        .catch_all_error(|error| async { problem_json::of_error(error) })
}

fn read_only(methods: RouteMethod) -> impl Endpoint<Output = Response> {
    say_what_is_allowed(methods, Allow("GET, HEAD".to_owned()))
}

/// Method and path of every route, for `web routes` and for the test that visits them all.
#[must_use]
pub fn routes() -> Vec<(String, String)> {
    let documents = openapi::documents();
    let operations = openapi::operations(&documents.v3_1)
        .map(|(path, method, _)| (method.to_ascii_uppercase(), path.to_owned()));
    let open = [
        ("GET", "/api/openapi.json"),
        ("GET", "/api/openapi-3.0.json"),
        ("GET", "/assets/*"),
        ("GET", developers::try_it::PATH),
        ("GET", "/health"),
        ("GET", "/domains/ask"),
        ("GET", "/webhooks/whatsapp/:tenant"),
        ("POST", "/webhooks/whatsapp/:tenant"),
    ]
    .map(|(method, path)| (method.to_owned(), path.to_owned()));
    pages()
        .list()
        .into_iter()
        .chain(operations)
        .chain(open)
        .collect()
}

/// The page routes being put together: a method at a time, so that they read as a table.
#[derive(Default)]
struct Pages {
    at: BTreeMap<&'static str, Vec<(Method, BoxEndpoint<'static>)>>,
}

impl Pages {
    fn get<E: IntoEndpoint>(self, path: &'static str, endpoint: E) -> Self
    where
        E::Endpoint: 'static,
    {
        self.method(Method::GET, path, endpoint)
    }

    fn post<E: IntoEndpoint>(self, path: &'static str, endpoint: E) -> Self
    where
        E::Endpoint: 'static,
    {
        self.method(Method::POST, path, endpoint)
    }

    /// A form's POST that has an address of its own: a refused one shows the form there, and whoever loads that address again
    /// comes to `page`. That is where the form is, or, for one that is on many pages, where what it changes is.
    fn post_of<E: IntoEndpoint>(self, page: &'static str, path: &'static str, endpoint: E) -> Self
    where
        E::Endpoint: 'static,
    {
        self.post(path, endpoint)
            .get(path, lead_to.data(LeadsTo(page)))
    }

    fn method<E: IntoEndpoint>(mut self, method: Method, path: &'static str, endpoint: E) -> Self
    where
        E::Endpoint: 'static,
    {
        let endpoint = endpoint.into_endpoint().map_to_response().boxed();
        self.at.entry(path).or_default().push((method, endpoint));
        self
    }

    fn list(&self) -> Vec<(String, String)> {
        self.at
            .iter()
            .flat_map(|(path, methods)| {
                methods
                    .iter()
                    .map(|(method, _)| (method.to_string(), (*path).to_owned()))
            })
            .collect()
    }

    fn into_route(self) -> Route {
        self.at
            .into_iter()
            .fold(Route::new(), |route, (path, methods)| {
                let allow = Allow(allowed(methods.iter().map(|(method, _)| method)));
                let methods = methods
                    .into_iter()
                    .fold(RouteMethod::new(), |all, (method, endpoint)| {
                        all.method(method, endpoint)
                    });
                route.at(path, say_what_is_allowed(methods, allow))
            })
    }
}

/// The route of a page; `:id` stands for the same as in the address that was asked for.
#[derive(Clone, Copy)]
struct LeadsTo(&'static str);

#[handler]
fn lead_to(to: Data<&LeadsTo>, request: &Request) -> Response {
    let id = request.raw_path_param("id").unwrap_or_default();
    Redirect::see_other(to.0.0.replace(":id", id)).into_response()
}

/// HEAD comes with GET.
fn allowed<'m>(methods: impl Iterator<Item = &'m Method>) -> String {
    let names: Vec<&str> = methods
        .flat_map(|method| match method.as_str() {
            "GET" => vec!["GET", "HEAD"],
            other => vec![other],
        })
        .collect();
    names.join(", ")
}

/// Attaches the methods of an address to the error of a wrong one.
fn say_what_is_allowed(methods: RouteMethod, allow: Allow) -> impl Endpoint<Output = Response> {
    methods.around(move |endpoint, request| {
        let allow = allow.clone();
        async move {
            endpoint.call(request).await.map_err(|mut error| {
                if error.is::<poem::error::MethodNotAllowedError>() {
                    error.set_data(allow);
                }
                error
            })
        }
    })
}
