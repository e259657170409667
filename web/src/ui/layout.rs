//! The document around every page: head, skip link, navigation, messages, main region, footer and dialogs.
//!
//! Only `<html>` carries the theme, since a boosted navigation swaps the body and leaves `<html>` alone; what differs
//! from page to page (area, density) stands inside the body.

use maud::{DOCTYPE, Markup, html};

pub use super::nav::{Density, NavItem, TenantSwitch, Theme, UserMenu};

use super::flash::{self, Flash};
use super::icon::{Icon, icon, logo};
use super::{dialog, nav};
use crate::assets::Asset;
use crate::hx;

/// `assets/img/logo.svg` in the address itself: it is smaller than the request it saves.
const TAB_ICON: &str = "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2032%2032'%3E%3Crect%20width='32'%20height='32'%20rx='7'%20fill='%230b4f5c'/%3E%3Cpath%20d='M7%209%2016%2024%2025%209'%20fill='none'%20stroke='%23fff'%20stroke-width='4.2'%20stroke-linecap='round'%20stroke-linejoin='round'/%3E%3Ccircle%20cx='16'%20cy='9.4'%20r='3.1'%20fill='%23f2ac3c'/%3E%3C/svg%3E";

/// Which of the product's faces a page belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Area {
    /// Dealers: wide rows, a tab bar at the thumb.
    Portal,
    /// The tenant's staff: side navigation, close rows.
    Admin,
    /// The platform's staff.
    Super,
    /// What anybody may read, such as the reference of the API.
    Public,
    /// Sign-in and everything else without a person: one narrow column.
    #[default]
    SignedOut,
}

impl Area {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Admin => "admin",
            Self::Super => "super",
            Self::Public => "public",
            Self::SignedOut => "signed-out",
        }
    }

    const fn home(self) -> &'static str {
        match self {
            Self::Portal => "/portal",
            Self::Admin => "/admin",
            Self::Super => "/super",
            Self::Public | Self::SignedOut => "/",
        }
    }
}

/// Shown on every page while a platform admin acts inside a tenant.
#[derive(Clone, Debug)]
pub struct Impersonation<'a> {
    pub by: &'a str,
    pub tenant: &'a str,
    /// POST.
    pub end_url: &'a str,
}

/// Everything a page is made of. Start from `Page::default()` and name what the page has.
#[derive(Clone, Debug, Default)]
pub struct Page<'a> {
    /// The heading's words; the tenant's name follows in the tab.
    pub title: &'a str,
    /// A form was refused: the tab's title says so, which is what a screen reader reads first.
    pub error_title: bool,
    pub theme: Theme,
    pub density: Density,
    pub area: Area,
    pub nav: &'a [NavItem],
    pub user: Option<UserMenu<'a>>,
    pub tenant_name: Option<&'a str>,
    pub impersonation: Option<Impersonation<'a>>,
    pub flash: &'a [Flash],
    /// Search, cart: what stands in the top bar.
    pub header: Markup,
    /// The help on keys (see [`dialog::shortcuts`]); none for dealers.
    pub shortcuts: &'a [dialog::Shortcut<'a>],
    /// The page listens to live changes at this address.
    pub live_url: Option<String>,
    pub main: Markup,
}

impl Page<'_> {
    /// The whole document.
    #[must_use]
    pub fn render(&self) -> Markup {
        let theme = (self.theme != Theme::System).then_some(self.theme.as_str());
        html! {
            (DOCTYPE)
            html lang="en-IN" data-theme=[theme] { (self.head()) (hx::body(self.body())) }
        }
    }

    fn head(&self) -> Markup {
        html! {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                title {
                    @if self.error_title { "Error: " } (self.title) " · " (self.tenant_name.unwrap_or("Vitaran"))
                }
                meta name="color-scheme" content="light dark";
                meta name="theme-color" content="#0b4f5c";
                (hx::config())
                link rel="icon" href=(TAB_ICON) type="image/svg+xml";
                link rel="stylesheet" href=(Asset::AppCss.url());
                script src=(Asset::AppJs.url()) defer {}
            }
        }
    }

    fn body(&self) -> Markup {
        html! {
            a.skip href={ "#" (hx::MAIN) } { "Skip to the content" }
            div.app data-area=(self.area.as_str()) data-density=(self.density.as_str()) {
                @if let Some(acting) = &self.impersonation { (impersonation(acting)) }
                @if self.area == Area::SignedOut { (self.signed_out()) } @else { (self.signed_in()) }
            }
            div.toasts id=(hx::TOASTS) role="status" aria-live="polite" {}
            @if let Some(url) = &self.live_url { (hx::live_stream(url)) }
            (dialog::confirm())
            @if !self.shortcuts.is_empty() { (dialog::shortcuts(self.shortcuts)) }
        }
    }

    fn signed_in(&self) -> Markup {
        html! {
            header.top {
                a.brand href=(self.area.home()) {
                    (logo())
                    span.brand-name { (self.tenant_name.unwrap_or("Vitaran")) }
                    @if self.area == Area::Super { span.brand-area { "Platform" } }
                }
                div.top-middle { (self.header) }
                @if let Some(user) = &self.user { (nav::user_menu(user, self.theme)) }
            }
            @if !self.nav.is_empty() { (nav::items(self.nav)) }
            (self.main_region())
            footer.foot { p { "Vitaran" } }
        }
    }

    fn signed_out(&self) -> Markup {
        html! {
            header.top.plain {
                a.brand href="/" {
                    (logo())
                    span.brand-name { (self.tenant_name.unwrap_or("Vitaran")) }
                }
            }
            (self.main_region())
            footer.foot { p { "From order to cash, for distributors in India" } }
        }
    }

    fn main_region(&self) -> Markup {
        html! { main.main id=(hx::MAIN) tabindex="-1" { (flash::region(self.flash)) (self.main) } }
    }
}

fn impersonation(acting: &Impersonation<'_>) -> Markup {
    html! {
        aside.impersonation aria-label="Acting as another company" {
            (icon(Icon::Eye))
            p { (acting.by) " is acting inside " strong { (acting.tenant) } ". Everything is recorded." }
            (hx::Form::post(acting.end_url).unboosted().render(html! { button.button type="submit" { "Stop" } }))
        }
    }
}
