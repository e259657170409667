//! The one place that speaks htmx: every `hx-*` attribute is written here and every `HX-*` header is read or set here.
//!
//! Changing the version of htmx therefore changes this file, the vendored script and nothing else.
//!
//! **Pages.** The body is boosted: plain `<a href>` and `<form action>` need nothing from this module, they fetch the
//! next page and swap the body. [`Form`] and [`Link`] are for what should swap less than a page; both stay ordinary
//! elements with a real address, so they work with scripts off.
//!
//! **Answers.** A request gets a fragment if and only if `HX-Request-Type: partial` ([`HxRequest::wants_fragment`]);
//! all else, history restores and boosted links included, gets the page. [`partial`] adds further regions to a fragment.
//!
//! **Content security.** Nothing here needs `eval`: no `hx-on`, no `js:` values, no trigger filters.

use maud::{Markup, Render, html};
use poem::{
    FromRequest, IntoResponse, Request, RequestBody, Response, Result,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
};

use crate::ui::icon::{Icon, icon};

// Headers -------------------------------------------------------------------------------------------------------------

const REQUEST: &str = "hx-request";
const REQUEST_TYPE: &str = "hx-request-type";
const BOOSTED: &str = "hx-boosted";
const HISTORY_RESTORE: &str = "hx-history-restore-request";
const TARGET: &str = "hx-target";
const CURRENT_URL: &str = "hx-current-url";
const REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
const RETARGET: HeaderName = HeaderName::from_static("hx-retarget");
const RESWAP: HeaderName = HeaderName::from_static("hx-reswap");
const PUSH_URL: HeaderName = HeaderName::from_static("hx-push-url");

/// Id of the region that shows messages about the last request.
pub const FLASH: &str = "flash";
/// Id of the region that holds toasts.
pub const TOASTS: &str = "toasts";
/// Id of the main region, which takes the focus after a boosted navigation.
pub const MAIN: &str = "main";

/// What the browser's script said about a request. Hints only: never a proof of anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HxRequest {
    /// The script will swap the answer into a part of the page.
    pub is_partial: bool,
    /// The script sent it at all.
    pub is_htmx: bool,
    /// A boosted link or form: the whole page is wanted.
    pub is_boosted: bool,
    /// The Back or Forward button: the whole page is wanted.
    pub is_history_restore: bool,
    /// `tag#id` of the element the answer goes into.
    pub target: Option<String>,
    /// The address in the browser's bar.
    pub current_url: Option<String>,
}

impl HxRequest {
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let is = |name: &str, wanted: &str| {
            text(name).is_some_and(|value| value.eq_ignore_ascii_case(wanted))
        };
        Self {
            is_partial: is(REQUEST_TYPE, "partial"),
            is_htmx: is(REQUEST, "true"),
            is_boosted: is(BOOSTED, "true"),
            is_history_restore: is(HISTORY_RESTORE, "true"),
            target: text(TARGET).map(str::to_owned),
            current_url: text(CURRENT_URL).map(str::to_owned),
        }
    }

    /// True if the answer must be a fragment; otherwise it must be a page.
    #[must_use]
    pub fn wants_fragment(&self) -> bool {
        self.is_partial && !self.is_history_restore
    }

    /// True if the answer is meant for the element with this id.
    #[must_use]
    pub fn targets(&self, id: &str) -> bool {
        self.target
            .as_deref()
            .and_then(|target| target.split_once('#'))
            .is_some_and(|(_, found)| found == id)
    }
}

impl<'a> FromRequest<'a> for HxRequest {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        Ok(Self::of(request.headers()))
    }
}

// Answers -------------------------------------------------------------------------------------------------------------

/// HTML with the headers every page and fragment needs: private, never stored, and told apart by the kind of request.
#[must_use]
pub fn respond(status: StatusCode, body: Markup) -> Response {
    let mut response = Response::builder()
        .status(status)
        .content_type("text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "private, no-store")
        .body(body.into_string());
    vary(&mut response);
    response
}

/// Says that the address has two forms. [`respond`] has done so already.
pub fn vary(response: &mut Response) {
    response
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("HX-Request-Type"));
}

/// After a POST: to the next page, by 303 for a page request and by `HX-Redirect` for a partial one (a 303 would be
/// followed inside the fetch, and a whole page would land in the hole of a fragment).
#[must_use]
pub fn go_to(request: &HxRequest, path: &str) -> Response {
    let mut response = if request.wants_fragment() {
        with_path(StatusCode::OK.into_response(), REDIRECT, path)
    } else {
        with_path(
            StatusCode::SEE_OTHER.into_response(),
            header::LOCATION,
            path,
        )
    };
    vary(&mut response);
    response
}

/// For a request without a session: 303 to the sign-in page, or 401 with `HX-Redirect` for a partial request.
#[must_use]
pub fn sign_in_first(request: &HxRequest, sign_in_path: &str) -> Response {
    let mut response = if request.wants_fragment() {
        with_path(
            StatusCode::UNAUTHORIZED.into_response(),
            REDIRECT,
            sign_in_path,
        )
    } else {
        with_path(
            StatusCode::SEE_OTHER.into_response(),
            header::LOCATION,
            sign_in_path,
        )
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    vary(&mut response);
    response
}

/// A failure of a partial request: the message goes into the flash region, and what the user was working on stays.
#[must_use]
pub fn fail_into_flash(status: StatusCode, message: Markup) -> Response {
    let response = respond(status, message);
    let response = with_value(response, RETARGET, HeaderValue::from_static("#flash"));
    with_value(
        response,
        RESWAP,
        HeaderValue::from_static("innerHTML show:top"),
    )
}

/// The fragment also changes what the address bar says.
#[must_use]
pub fn with_push_url(response: Response, path: &str) -> Response {
    with_path(response, PUSH_URL, path)
}

fn with_path(response: Response, name: HeaderName, path: &str) -> Response {
    match HeaderValue::from_str(&ascii_path(path)) {
        Ok(value) => with_value(response, name, value),
        Err(_) => response,
    }
}

fn with_value(mut response: Response, name: HeaderName, value: HeaderValue) -> Response {
    response.headers_mut().insert(name, value);
    response
}

/// Percent-encodes what may not stand in a header: spaces, controls, quotes and everything outside ASCII.
fn ascii_path(path: &str) -> String {
    use std::fmt::Write as _;
    path.bytes()
        .fold(String::with_capacity(path.len()), |mut text, byte| {
            if byte.is_ascii_graphic()
                && !matches!(
                    byte,
                    b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
                )
            {
                text.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(text, "%{byte:02X}");
            }
            text
        })
}

// Regions -------------------------------------------------------------------------------------------------------------

/// How a fragment takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    /// In place of the element: rows, cards, forms.
    Replace,
    /// As its contents.
    Fill,
    /// As its contents, keeping focus, scroll and typed text: lists that refresh under the user.
    Morph,
    /// In place of the element, keeping focus, scroll and typed text.
    MorphWhole,
    /// After its last child.
    Append,
    /// Before its first child.
    Prepend,
    /// The element goes away.
    Delete,
}

impl Swap {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "outerHTML",
            Self::Fill => "innerHTML",
            Self::Morph => "innerMorph",
            Self::MorphWhole => "outerMorph",
            Self::Append => "beforeend",
            Self::Prepend => "afterbegin",
            Self::Delete => "delete",
        }
    }
}

/// A further region of a fragment, put after its main content: a cart count, a total, a toast.
#[must_use]
pub fn partial(target_id: &str, swap: Swap, body: impl Render) -> Markup {
    html! { hx-partial hx-target={ "#" (target_id) } hx-swap=(swap.as_str()) { (body) } }
}

/// The `<body>` with what all pages inherit: boosted navigation, and no second request while one is under way (the
/// default would queue a double click and send it twice).
#[must_use]
pub fn body(contents: impl Render) -> Markup {
    html! {
        body hx-boost:inherited=(r#"swap:"innerHTML show:top""#) hx-sync:inherited="drop" { (contents) }
    }
}

/// The script's settings, for `<head>`.
#[must_use]
pub fn config() -> Markup {
    html! { meta name="htmx-config" content=r#"{"defaultTimeout":30000,"includeIndicatorCSS":true}"#; }
}

// Elements ------------------------------------------------------------------------------------------------------------

/// Where the answer goes: `#id` or `this`, and how.
#[derive(Clone, Debug, Default)]
struct Wire {
    target: Option<String>,
    swap: Option<Swap>,
}

impl Wire {
    fn to(target_id: &str, swap: Swap) -> Self {
        Self {
            target: Some(format!("#{target_id}")),
            swap: Some(swap),
        }
    }

    fn to_itself() -> Self {
        Self {
            target: Some("this".to_owned()),
            swap: Some(Swap::Replace),
        }
    }

    fn is_set(&self) -> bool {
        self.target.is_some()
    }

    fn swap(&self) -> Option<&'static str> {
        self.swap.map(Swap::as_str)
    }
}

/// A form. Without a region it is boosted: the answer is a page. With one, the same address is asked for a fragment.
///
/// ```
/// # use maud::html;
/// use vitaran_web::hx::Form;
/// let form = Form::post("/portal/cart/lines").fills("cart").render(html! { button { "Add" } });
/// assert!(form.into_string().starts_with(r#"<form method="post" action="/portal/cart/lines""#));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a form is shown by render()"]
pub struct Form<'a> {
    method: &'static str,
    action: &'a str,
    id: Option<&'a str>,
    class: Option<&'a str>,
    label: Option<&'a str>,
    confirm: Option<&'a str>,
    wire: Wire,
    is_boosted: bool,
    is_upload: bool,
    is_scan: bool,
}

impl<'a> Form<'a> {
    pub fn post(action: &'a str) -> Self {
        Self::new("post", action)
    }

    /// Filters and searches: what it asks for is in the address.
    pub fn get(action: &'a str) -> Self {
        Self::new("get", action)
    }

    fn new(method: &'static str, action: &'a str) -> Self {
        Self {
            method,
            action,
            id: None,
            class: None,
            label: None,
            confirm: None,
            wire: Wire::default(),
            is_boosted: true,
            is_upload: false,
            is_scan: false,
        }
    }

    pub fn id(mut self, id: &'a str) -> Self {
        self.id = Some(id);
        self
    }

    pub fn class(mut self, class: &'a str) -> Self {
        self.class = Some(class);
        self
    }

    /// An accessible name, which also makes the form a landmark.
    pub fn label(mut self, label: &'a str) -> Self {
        self.label = Some(label);
        self
    }

    /// Asks first, in a dialog. A destructive action needs a page that asks as well, for browsers without scripts.
    pub fn confirm(mut self, question: Option<&'a str>) -> Self {
        self.confirm = question;
        self
    }

    /// The answer takes the place of the element with this id; a 422 takes the form's own place.
    pub fn replaces(self, target_id: &str) -> Self {
        self.swaps(target_id, Swap::Replace)
    }

    /// The answer becomes the contents of the element with this id; a 422 takes the form's own place.
    pub fn fills(self, target_id: &str) -> Self {
        self.swaps(target_id, Swap::Fill)
    }

    pub fn swaps(mut self, target_id: &str, swap: Swap) -> Self {
        self.wire = Wire::to(target_id, swap);
        self
    }

    /// The answer takes the form's own place.
    pub fn replaces_itself(mut self) -> Self {
        self.wire = Wire::to_itself();
        self
    }

    /// The browser loads the answer itself, as for sign-in, theme and language, which change what lies outside the body.
    pub fn unboosted(mut self) -> Self {
        self.is_boosted = false;
        self
    }

    /// For file fields.
    pub fn upload(mut self) -> Self {
        self.is_upload = true;
        self
    }

    /// A form fed by a barcode scanner: its first field keeps the focus after each answer.
    pub fn scan(mut self) -> Self {
        self.is_scan = true;
        self
    }

    #[must_use]
    pub fn render(self, body: impl Render) -> Markup {
        let wired = self.wire.is_set();
        let post = (wired && self.method == "post").then_some(self.action);
        let get = (wired && self.method == "get").then_some(self.action);
        // "closest form" is the form itself; "this" would mean whoever carries the target.
        let has_own_errors = (wired && self.method == "post")
            .then_some("target:'closest form' swap:outerHTML push:false");
        html! {
            form method=(self.method) action=(self.action) id=[self.id] class=[self.class] aria-label=[self.label]
                novalidate enctype=[self.is_upload.then_some("multipart/form-data")] data-scan=[self.is_scan.then_some("")]
                hx-post=[post] hx-get=[get] hx-target=[self.wire.target.as_deref()] hx-swap=[self.wire.swap()]
                hx-status:422=[has_own_errors] hx-confirm=[self.confirm]
                hx-boost=[(!self.is_boosted).then_some("false")] {
                (body)
            }
        }
    }
}

/// A link that swaps a region instead of the page, and opens as a page of its own in a new tab.
#[derive(Clone, Debug)]
#[must_use = "a link is shown by render()"]
pub struct Link<'a> {
    href: &'a str,
    class: Option<&'a str>,
    id: Option<&'a str>,
    wire: Wire,
    pushes_url: bool,
    is_boosted: bool,
}

impl<'a> Link<'a> {
    pub fn new(href: &'a str) -> Self {
        Self {
            href,
            class: None,
            id: None,
            wire: Wire::default(),
            pushes_url: false,
            is_boosted: true,
        }
    }

    pub fn class(mut self, class: &'a str) -> Self {
        self.class = Some(class);
        self
    }

    pub fn id(mut self, id: &'a str) -> Self {
        self.id = Some(id);
        self
    }

    pub fn swaps(mut self, target_id: &str, swap: Swap) -> Self {
        self.wire = Wire::to(target_id, swap);
        self
    }

    pub fn replaces(self, target_id: &str) -> Self {
        self.swaps(target_id, Swap::Replace)
    }

    pub fn fills(self, target_id: &str) -> Self {
        self.swaps(target_id, Swap::Fill)
    }

    /// The answer takes the link's own place, as "Show more" does.
    pub fn replaces_itself(mut self) -> Self {
        self.wire = Wire::to_itself();
        self
    }

    /// The address bar follows, so that a reload shows the same.
    pub fn pushes_url(mut self) -> Self {
        self.pushes_url = true;
        self
    }

    /// The browser follows it itself: what comes back may be a file.
    pub fn unboosted(mut self) -> Self {
        self.is_boosted = false;
        self
    }

    #[must_use]
    pub fn render(self, body: impl Render) -> Markup {
        html! {
            a href=(self.href) id=[self.id] class=[self.class] hx-get=[self.wire.is_set().then_some(self.href)]
                hx-target=[self.wire.target.as_deref()] hx-swap=[self.wire.swap()]
                hx-push-url=[self.pushes_url.then_some("true")]
                hx-boost=[(!self.is_boosted).then_some("false")] { (body) }
        }
    }
}

/// A second submit of the form it stands in: the same fields to another address, such as "Update" beside "Place order".
/// Without scripts it is a submit button like any other; with them the answer swaps a region.
#[derive(Clone, Copy, Debug)]
#[must_use = "a button is shown by render()"]
pub struct SubmitTo<'a> {
    action: &'a str,
    class: &'a str,
    target_id: &'a str,
    label: Option<&'a str>,
    changes_in: Option<&'a str>,
}

impl<'a> SubmitTo<'a> {
    /// The region with this id is morphed, so that what one is typing into keeps the focus.
    pub fn new(action: &'a str, target_id: &'a str) -> Self {
        Self {
            action,
            class: "button",
            target_id,
            label: None,
            changes_in: None,
        }
    }

    pub fn class(mut self, class: &'a str) -> Self {
        self.class = class;
        self
    }

    /// The accessible name of a button that is only a sign.
    pub fn label(mut self, label: &'a str) -> Self {
        self.label = Some(label);
        self
    }

    /// Presses itself when a field inside the element with this id has changed. The last change wins.
    pub fn on_changes_in(mut self, id: &'a str) -> Self {
        self.changes_in = Some(id);
        self
    }

    #[must_use]
    pub fn render(self, body: impl Render) -> Markup {
        let trigger = self
            .changes_in
            .map(|id| format!("click, change from:#{id} delay:250ms"));
        html! {
            button class=(self.class) type="submit" formaction=(self.action) aria-label=[self.label] hx-post=(self.action)
                hx-target={ "#" (self.target_id) } hx-swap=(Swap::MorphWhole.as_str()) hx-trigger=[trigger.as_deref()]
                hx-sync=[trigger.as_ref().map(|_| "replace")] { (body) }
        }
    }
}

/// A search that answers while one types, into a list that keeps its focus. Enter, and the button without scripts, send
/// the same form. `extra` holds hidden fields such as the current view.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    pub action: &'a str,
    /// Accessible name and placeholder, such as "Search orders".
    pub label: &'a str,
    pub query: &'a str,
    /// Id of the list; `None` makes it an ordinary search that opens a page.
    pub target_id: Option<&'a str>,
    /// Makes the field's id unique when a page has two searches.
    pub field_id: &'a str,
    /// The key that focuses it, for staff.
    pub key: Option<&'a str>,
}

impl Search<'_> {
    #[must_use]
    pub fn render(self, extra: impl Render) -> Markup {
        let target = self.target_id.map(|id| format!("#{id}"));
        let live = target.is_some();
        html! {
            form.search role="search" aria-label=(self.label) action=(self.action) method="get"
                hx-get=[live.then_some(self.action)] hx-target=[target] hx-swap=[live.then_some(Swap::Morph.as_str())]
                hx-trigger=[live.then_some("submit, input delay:300ms")] hx-sync=[live.then_some("replace")]
                hx-replace-url=[live.then_some("true")] {
                (icon(Icon::Search))
                input type="search" name="q" id=(self.field_id) value=(self.query) aria-label=(self.label)
                    placeholder=(self.label) autocomplete="off" enterkeyhint="search" maxlength="200" data-key=[self.key];
                (extra)
                button.button.quiet type="submit" { "Search" }
            }
        }
    }
}

/// A region that fetches itself anew when the server says that something changed, and every 30 seconds in any case: a
/// hint can be lost, the clock cannot. The viewer's own rights decide what comes back.
#[must_use]
pub fn live_region(id: &str, url: &str, event: &str, body: impl Render) -> Markup {
    html! {
        div id=(id) hx-get=(url) hx-target="this" hx-swap=(Swap::MorphWhole.as_str())
            hx-trigger={ (event) " from:body, every 30s" } { (body) }
    }
}

/// Opens the page's one stream of hints; their names are the events of [`live_region`]. One of them says that the session has
/// ended.
#[must_use]
pub fn live_stream(url: &str) -> Markup {
    html! {
        div hidden hx-sse:connect=(url) {}
        // Asked for without a session, this page sends to the sign-in page and back to where one was.
        div hidden hx-get="/account/sessions" hx-swap="none" hx-trigger="signed-out from:body" {}
    }
}

/// Asks again every two seconds until the answer is an element that no longer asks: a document being prepared.
#[must_use]
pub fn poll(id: &str, url: &str, body: impl Render) -> Markup {
    html! {
        div id=(id) hx-get=(url) hx-target="this" hx-swap=(Swap::Replace.as_str()) hx-trigger="every 2s"
            aria-live="polite" { (body) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&'static str, &str)]) -> HxRequest {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        HxRequest::of(&map)
    }

    #[test]
    fn only_a_partial_request_gets_a_fragment() {
        assert!(
            request(&[("HX-Request", "true"), ("HX-Request-Type", "partial")]).wants_fragment()
        );
        assert!(
            !request(&[
                ("HX-Request", "true"),
                ("HX-Request-Type", "full"),
                ("HX-Boosted", "true")
            ])
            .wants_fragment()
        );
        assert!(
            !request(&[
                ("HX-Request-Type", "full"),
                ("HX-History-Restore-Request", "true")
            ])
            .wants_fragment()
        );
        assert!(!request(&[]).wants_fragment());
        assert!(!request(&[("HX-Request", "true")]).wants_fragment());
    }

    #[test]
    fn the_target_is_known_by_its_id() {
        assert!(request(&[("HX-Target", "div#list")]).targets("list"));
        assert!(!request(&[("HX-Target", "div#lists")]).targets("list"));
        assert!(!request(&[]).targets("list"));
    }

    #[test]
    fn a_redirect_is_a_header_for_fragments_and_a_303_for_pages() {
        let partial = request(&[("HX-Request-Type", "partial")]);
        let answer = go_to(&partial, "/portal/orders/1");
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.header("hx-redirect"), Some("/portal/orders/1"));
        let answer = go_to(&request(&[]), "/portal/orders/1");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.header("location"), Some("/portal/orders/1"));
        assert_eq!(answer.header("vary"), Some("HX-Request-Type"));
    }

    #[test]
    fn signed_out_fragments_get_401_and_never_a_page_to_swap() {
        let answer = sign_in_first(
            &request(&[("HX-Request-Type", "partial")]),
            "/sign-in?next=/admin",
        );
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(answer.header("hx-redirect"), Some("/sign-in?next=/admin"));
        assert_eq!(
            sign_in_first(&request(&[]), "/sign-in").status(),
            StatusCode::SEE_OTHER
        );
    }

    #[test]
    fn a_path_in_a_header_cannot_start_a_new_header() {
        let answer = with_push_url(
            respond(StatusCode::OK, html! {}),
            "/x?q=a b\r\nSet-Cookie: sid=1 ₹",
        );
        assert_eq!(
            answer.header("hx-push-url"),
            Some("/x?q=a%20b%0D%0ASet-Cookie:%20sid=1%20%E2%82%B9")
        );
    }

    #[test]
    fn html_is_private_never_stored_and_varies_by_the_kind_of_request() {
        let answer = respond(StatusCode::UNPROCESSABLE_ENTITY, html! { p { "x" } });
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(answer.header("cache-control"), Some("private, no-store"));
        assert_eq!(answer.header("vary"), Some("HX-Request-Type"));
    }

    #[test]
    fn a_form_with_a_region_keeps_its_plain_address_and_takes_its_own_errors() {
        let shown = Form::post("/orders/1/approval")
            .replaces("order-1")
            .render(html! {})
            .into_string();
        assert!(
            shown.contains(r#"method="post" action="/orders/1/approval""#),
            "{shown}"
        );
        assert!(
            shown.contains(
                r##"hx-post="/orders/1/approval" hx-target="#order-1" hx-swap="outerHTML""##
            ),
            "{shown}"
        );
        assert!(
            shown.contains(r#"hx-status:422="target:'closest form' swap:outerHTML push:false""#),
            "{shown}"
        );
    }

    #[test]
    fn a_form_without_a_region_has_no_attributes_of_the_script() {
        let shown = Form::post("/sign-in").render(html! {}).into_string();
        assert_eq!(
            shown,
            r#"<form method="post" action="/sign-in" novalidate></form>"#
        );
        assert!(
            Form::post("/x")
                .unboosted()
                .render(html! {})
                .into_string()
                .contains(r#"hx-boost="false""#)
        );
    }

    #[test]
    fn the_body_drops_a_second_submit_instead_of_queueing_it() {
        assert!(
            body(html! {})
                .into_string()
                .contains(r#"hx-sync:inherited="drop""#)
        );
    }
}
