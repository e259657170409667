//! Ways through the product: the links of an area, the menu of the person, the switch between tenants.

use maud::{Markup, html};
use vitaran_core::db::Count;

use super::badge::count;
use super::form::hidden;
use super::icon::{Icon, icon};
use crate::hx::Form;

/// One entry of an area's navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavItem {
    pub label: &'static str,
    pub href: String,
    pub icon: Icon,
    pub is_current: bool,
    /// Things that wait there, such as orders to approve.
    pub count: Option<Count>,
    /// Id of the count's place, for answers that change it without the page.
    pub count_id: Option<&'static str>,
    /// The two keys that go there, such as "g o".
    pub key: Option<&'static str>,
    /// Starts a new group of this name in the side navigation.
    pub group: Option<&'static str>,
}

impl NavItem {
    pub fn new(label: &'static str, href: impl Into<String>, icon: Icon) -> Self {
        Self {
            label,
            href: href.into(),
            icon,
            is_current: false,
            count: None,
            count_id: None,
            key: None,
            group: None,
        }
    }

    #[must_use]
    pub fn current(mut self, is_current: bool) -> Self {
        self.is_current = is_current;
        self
    }

    #[must_use]
    pub fn count(mut self, count: Option<impl Into<Count>>) -> Self {
        self.count = count.map(Into::into).filter(|number| !number.is_zero());
        self
    }

    /// The count changes under the user; see [`live_count`].
    #[must_use]
    pub fn count_id(mut self, id: &'static str) -> Self {
        self.count_id = Some(id);
        self
    }

    #[must_use]
    pub fn key(mut self, key: &'static str) -> Self {
        self.key = Some(key);
        self
    }

    #[must_use]
    pub fn group(mut self, group: &'static str) -> Self {
        self.group = Some(group);
        self
    }
}

pub(super) fn items(items: &[NavItem]) -> Markup {
    html! {
        nav.nav aria-label="Main" {
            ul {
                @for item in items {
                    @if let Some(group) = item.group { li.nav-group aria-hidden="true" { (group) } }
                    li {
                        a href=(item.href) aria-current=[item.is_current.then_some("page")] data-key=[item.key] {
                            (icon(item.icon)) span.nav-label { (item.label) }
                            @if let Some(id) = item.count_id { span id=(id) { (live_count(item.count)) } }
                            @else if let Some(number) = item.count { " " (count(number)) }
                        }
                    }
                }
            }
        }
    }
}

/// What stands in the place that [`NavItem::count_id`] names: nothing for nothing.
#[must_use]
pub fn live_count(number: Option<impl Into<Count>>) -> Markup {
    html! { @if let Some(number) = number.map(Into::into).filter(|number| !number.is_zero()) { " " (count(number)) } }
}

/// Colours of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the device says.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The value of the cookie and of the form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text)
    }

    const fn icon(self) -> Icon {
        match self {
            Self::System => Icon::Monitor,
            Self::Light => Icon::Sun,
            Self::Dark => Icon::Moon,
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::System => "As the device",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }
}

/// How close rows stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    /// 48 px rows and 44 px targets: dealers, phones.
    #[default]
    Comfortable,
    /// 36 px rows: staff at a desk.
    Compact,
}

impl Density {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Comfortable => "comfortable",
            Self::Compact => "compact",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Comfortable, Self::Compact]
            .into_iter()
            .find(|density| density.as_str() == text)
    }
}

/// The signed-in person and what they may do about themselves.
#[derive(Clone, Debug)]
pub struct UserMenu<'a> {
    pub name: &'a str,
    pub email: &'a str,
    /// Such as "Sales".
    pub role: &'a str,
    /// POST with `theme`.
    pub theme_url: &'a str,
    /// POST.
    pub sign_out_url: &'a str,
    /// Further pages: label and address.
    pub links: Vec<(&'a str, &'a str)>,
    /// The other tenants this person belongs to.
    pub tenants: Option<TenantSwitch<'a>>,
    /// Where the two forms come back to.
    pub here: &'a str,
}

/// The tenants a person may change to, by id and name.
#[derive(Clone, Debug)]
pub struct TenantSwitch<'a> {
    /// POST with `tenant`.
    pub url: &'a str,
    pub others: Vec<(String, &'a str)>,
}

pub(super) fn user_menu(user: &UserMenu<'_>, theme: Theme) -> Markup {
    html! {
        details.menu data-menu {
            summary {
                span.avatar aria-hidden="true" { (initials(user.name)) }
                span.menu-name { (user.name) } span.visually-hidden { ", your account" }
                (icon(Icon::ChevronDown))
            }
            div.menu-body {
                div.menu-who { strong { (user.name) } span { (user.email) } span { (user.role) } }
                @if !user.links.is_empty() { ul.menu-links { @for (label, href) in &user.links { li { a href=(href) { (label) } } } } }
                @if let Some(switch) = &user.tenants { (tenant_switch(switch, user.here)) }
                (Form::post(user.theme_url).class("theme").label("Colours").unboosted().render(html! {
                    (hidden("next", user.here))
                    div.segments role="group" aria-label="Colours" {
                        @for choice in Theme::ALL {
                            button type="submit" name="theme" value=(choice.as_str()) aria-pressed=(choice == theme) title=(choice.label()) {
                                (icon(choice.icon())) span.visually-hidden { (choice.label()) }
                            }
                        }
                    }
                }))
                (Form::post(user.sign_out_url).unboosted().render(html! {
                    button.menu-item type="submit" { (icon(Icon::LogOut)) "Sign out" }
                }))
            }
        }
    }
}

fn tenant_switch(switch: &TenantSwitch<'_>, here: &str) -> Markup {
    html! {
        @if !switch.others.is_empty() {
            (Form::post(switch.url).label("Change company").unboosted().render(html! {
                (hidden("next", here))
                @for (id, name) in &switch.others {
                    button.menu-item type="submit" name="tenant" value=(id) { (icon(Icon::Building2)) "Change to " (name) }
                }
            }))
        }
    }
}

/// "RK" for "Ravi Kumar".
fn initials(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    first
        .into_iter()
        .chain(last)
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_last_name() {
        assert_eq!(initials("Ravi Shankar Kumar"), "RK");
        assert_eq!(initials("ananya"), "A");
        assert_eq!(initials("  "), "");
        assert_eq!(initials("राजेश शर्मा"), "रश");
    }

    #[test]
    fn a_theme_is_one_of_three_words() {
        assert_eq!(Theme::parse("dark"), Some(Theme::Dark));
        assert_eq!(Theme::parse("Dark"), None);
    }

    #[test]
    fn nothing_waiting_is_not_counted() {
        let shown = items(
            &[NavItem::new("Orders", "/admin/orders", Icon::ClipboardList)
                .count(Some(Count::default()))],
        )
        .into_string();
        assert!(!shown.contains("class=\"count\""), "{shown}");
    }
}
