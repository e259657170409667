//! Fields, error summary and buttons of forms. The form itself is [`crate::hx::Form`].
//!
//! A field keeps what was typed, names its error and its hint to screen readers, and carries the browser's own help
//! (`autocomplete`, `inputmode`). The browser's bubbles are off: the server's words are the same with and without
//! scripts.

use std::borrow::Cow;

use maud::{Markup, Render, html};

use super::icon::{Icon, icon};

/// Name of the hidden field that makes a repeated submit harmless.
pub const IDEMPOTENCY_KEY: &str = "idempotency_key";

/// One fault of one field, as the rules of the core report it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name; empty for a fault of the form as a whole.
    pub field: String,
    /// One sentence that says what to do.
    pub message: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

fn error_of<'e>(errors: &'e [FieldError], name: &str) -> Option<&'e str> {
    errors
        .iter()
        .find(|error| error.field == name)
        .map(|error| error.message.as_str())
}

fn id_of(prefix: &str, name: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        })
        .collect();
    if prefix.is_empty() {
        format!("f-{name}")
    } else {
        format!("f-{prefix}-{name}")
    }
}

/// All faults at the top, each a link to its field. Takes the focus when the answer arrives, by script or as a page.
#[must_use]
pub fn error_summary(errors: &[FieldError]) -> Markup {
    error_summary_within("", errors)
}

/// [`error_summary`] for fields made with [`Field::within`].
#[must_use]
pub fn error_summary_within(prefix: &str, errors: &[FieldError]) -> Markup {
    html! {
        @if !errors.is_empty() {
            div.error-summary role="alert" tabindex="-1" autofocus {
                h2 { (icon(Icon::CircleAlert)) @if errors.len() == 1 { "Please correct one thing" } @else { "Please correct " (errors.len()) " things" } }
                ul {
                    @for error in errors {
                        li {
                            @if error.field.is_empty() { (error.message) }
                            @else { a href={ "#" (id_of(prefix, &error.field)) } { (error.message) } }
                        }
                    }
                }
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Control<'a> {
    Input { kind: &'static str },
    TextArea { rows: u8 },
    Select { choices: &'a [Choice<'a>] },
}

/// One choice of a select or a radio group.
#[derive(Clone, Debug)]
pub struct Choice<'a> {
    pub value: Cow<'a, str>,
    pub label: Cow<'a, str>,
    /// A second line under a radio button.
    pub note: Option<Cow<'a, str>>,
}

impl<'a> Choice<'a> {
    pub fn new(value: impl Into<Cow<'a, str>>, label: impl Into<Cow<'a, str>>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
            note: None,
        }
    }

    #[must_use]
    pub fn note(mut self, note: impl Into<Cow<'a, str>>) -> Self {
        self.note = Some(note.into());
        self
    }
}

/// A labelled field. Splice it into markup as it is: `(Field::email("email", "E-mail").required())`.
#[derive(Clone, Debug)]
#[must_use = "a field is shown by splicing it into markup"]
pub struct Field<'a> {
    control: Control<'a>,
    name: &'a str,
    label: &'a str,
    prefix: &'a str,
    value: Cow<'a, str>,
    hint: Option<&'a str>,
    error: Option<&'a str>,
    unit: Option<&'a str>,
    autocomplete: Option<&'a str>,
    inputmode: Option<&'a str>,
    pattern: Option<&'a str>,
    placeholder: Option<&'a str>,
    max_length: Option<u16>,
    key: Option<&'a str>,
    list: Option<&'a str>,
    width: Width,
    is_required: bool,
    is_read_only: bool,
    is_label_hidden: bool,
    is_focused: bool,
}

/// How wide a field is: as wide as what one types into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    #[default]
    Full,
    /// Some 20 characters: a GSTIN, a phone number, a date.
    Medium,
    /// Some 8 characters: a quantity, a PIN code.
    Short,
}

impl Width {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Medium => "medium",
            Self::Short => "short",
        }
    }
}

impl<'a> Field<'a> {
    fn new(control: Control<'a>, name: &'a str, label: &'a str) -> Self {
        Self {
            control,
            name,
            label,
            prefix: "",
            value: Cow::Borrowed(""),
            hint: None,
            error: None,
            unit: None,
            autocomplete: None,
            inputmode: None,
            pattern: None,
            placeholder: None,
            max_length: None,
            key: None,
            list: None,
            width: Width::Full,
            is_required: false,
            is_read_only: false,
            is_label_hidden: false,
            is_focused: false,
        }
    }

    fn input(kind: &'static str, name: &'a str, label: &'a str) -> Self {
        Self::new(Control::Input { kind }, name, label)
    }

    pub fn text(name: &'a str, label: &'a str) -> Self {
        Self::input("text", name, label)
    }

    pub fn email(name: &'a str, label: &'a str) -> Self {
        Self::input("email", name, label)
            .autocomplete("email")
            .inputmode("email")
    }

    pub fn password(name: &'a str, label: &'a str) -> Self {
        Self::input("password", name, label).autocomplete("current-password")
    }

    pub fn phone(name: &'a str, label: &'a str) -> Self {
        Self::input("tel", name, label)
            .autocomplete("tel")
            .inputmode("tel")
            .width(Width::Medium)
    }

    /// A quantity or an amount: digits with a decimal point, never the spinner of `type=number`, which changes a value
    /// when the wheel turns over it.
    pub fn decimal(name: &'a str, label: &'a str) -> Self {
        Self::input("text", name, label)
            .inputmode("decimal")
            .autocomplete("off")
            .width(Width::Short)
    }

    /// Digits alone, such as a PIN code.
    pub fn digits(name: &'a str, label: &'a str) -> Self {
        Self::input("text", name, label)
            .inputmode("numeric")
            .autocomplete("off")
            .width(Width::Short)
    }

    pub fn date(name: &'a str, label: &'a str) -> Self {
        Self::input("date", name, label).width(Width::Medium)
    }

    pub fn text_area(name: &'a str, label: &'a str, rows: u8) -> Self {
        Self::new(Control::TextArea { rows }, name, label)
    }

    /// The current value is chosen; with no current value and no empty choice, the first stands.
    pub fn select(name: &'a str, label: &'a str, choices: &'a [Choice<'a>]) -> Self {
        Self::new(Control::Select { choices }, name, label)
    }

    pub fn value(mut self, value: impl Into<Cow<'a, str>>) -> Self {
        self.value = value.into();
        self
    }

    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Takes this field's fault out of all of them.
    pub fn errors(mut self, errors: &'a [FieldError]) -> Self {
        self.error = error_of(errors, self.name);
        self
    }

    /// A sign before the field, such as "₹".
    pub fn unit(mut self, unit: &'a str) -> Self {
        self.unit = Some(unit);
        self
    }

    /// A word of the HTML standard, such as `new-password` or `street-address`.
    pub fn autocomplete(mut self, token: &'a str) -> Self {
        self.autocomplete = Some(token);
        self
    }

    pub fn inputmode(mut self, mode: &'a str) -> Self {
        self.inputmode = Some(mode);
        self
    }

    pub fn pattern(mut self, pattern: &'a str) -> Self {
        self.pattern = Some(pattern);
        self
    }

    pub fn placeholder(mut self, example: &'a str) -> Self {
        self.placeholder = Some(example);
        self
    }

    pub fn max_length(mut self, characters: u16) -> Self {
        self.max_length = Some(characters);
        self
    }

    /// The key that focuses it, for staff.
    pub fn key(mut self, key: &'a str) -> Self {
        self.key = Some(key);
        self
    }

    /// Offers the options of the `<datalist>` with this id; anything else may be typed all the same.
    pub fn list(mut self, datalist_id: &'a str) -> Self {
        self.list = Some(datalist_id);
        self
    }

    pub fn width(mut self, width: Width) -> Self {
        self.width = width;
        self
    }

    pub fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    pub fn read_only(mut self) -> Self {
        self.is_read_only = true;
        self
    }

    /// For a field whose place says what it is, such as a quantity in a table; screen readers still hear the label.
    pub fn label_hidden(mut self) -> Self {
        self.is_label_hidden = true;
        self
    }

    /// Takes the focus when the page opens. At most one per page.
    pub fn focused(mut self) -> Self {
        self.is_focused = true;
        self
    }

    /// Makes the id unique when two forms of a page have fields of the same name.
    pub fn within(mut self, prefix: &'a str) -> Self {
        self.prefix = prefix;
        self
    }

    fn described_by(&self, id: &str) -> Option<String> {
        match (self.hint, self.error) {
            (None, None) => None,
            (Some(_), None) => Some(format!("{id}-hint")),
            (None, Some(_)) => Some(format!("{id}-error")),
            (Some(_), Some(_)) => Some(format!("{id}-error {id}-hint")),
        }
    }

    fn control(&self, id: &str) -> Markup {
        let described_by = self.described_by(id);
        let invalid = self.error.map(|_| "true");
        match self.control {
            Control::Input { kind } => html! {
                input type=(kind) id=(id) name=(self.name) value=[(kind != "password").then_some(&self.value)]
                    required[self.is_required] readonly[self.is_read_only] autofocus[self.is_focused]
                    autocomplete=[self.autocomplete] inputmode=[self.inputmode] pattern=[self.pattern]
                    placeholder=[self.placeholder] maxlength=[self.max_length] data-key=[self.key] list=[self.list]
                    aria-invalid=[invalid] aria-describedby=[described_by];
            },
            Control::TextArea { rows } => html! {
                textarea id=(id) name=(self.name) rows=(rows) required[self.is_required] readonly[self.is_read_only]
                    autofocus[self.is_focused] placeholder=[self.placeholder] maxlength=[self.max_length]
                    aria-invalid=[invalid] aria-describedby=[described_by] { (self.value) }
            },
            Control::Select { choices } => html! {
                select id=(id) name=(self.name) required[self.is_required] autofocus[self.is_focused]
                    autocomplete=[self.autocomplete] aria-invalid=[invalid] aria-describedby=[described_by] {
                    @for choice in choices {
                        option value=(choice.value) selected[choice.value == self.value] { (choice.label) }
                    }
                }
            },
        }
    }
}

impl Render for Field<'_> {
    fn render(&self) -> Markup {
        let id = id_of(self.prefix, self.name);
        let label_class = self.is_label_hidden.then_some("visually-hidden");
        html! {
            div.field data-width=(self.width.as_str()) {
                label for=(id) class=[label_class] {
                    (self.label) @if !self.is_required && !self.is_read_only && !self.is_label_hidden { " " span.optional { "optional" } }
                }
                @if let Some(hint) = self.hint { p.hint id={ (id) "-hint" } { (hint) } }
                @if let Some(error) = self.error { (field_error(&id, error)) }
                @if let Some(unit) = self.unit { div.with-unit { span.unit aria-hidden="true" { (unit) } (self.control(&id)) } }
                @else { (self.control(&id)) }
            }
        }
    }
}

fn field_error(id: &str, message: &str) -> Markup {
    html! { p.field-error id={ (id) "-error" } { (icon(Icon::CircleAlert)) span { span.visually-hidden { "Error: " } (message) } } }
}

/// One box to tick. Sends `value` when ticked and nothing otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Checkbox<'a> {
    pub name: &'a str,
    pub value: &'a str,
    pub label: &'a str,
    pub hint: Option<&'a str>,
    pub is_checked: bool,
    /// Tells boxes of the same name apart.
    pub id: &'a str,
}

impl Render for Checkbox<'_> {
    fn render(&self) -> Markup {
        let id = id_of("", self.id);
        let described_by = self.hint.map(|_| format!("{id}-hint"));
        html! {
            div.check {
                input type="checkbox" id=(id) name=(self.name) value=(self.value) checked[self.is_checked] aria-describedby=[described_by];
                label for=(id) { (self.label) }
                @if let Some(hint) = self.hint { p.hint id={ (id) "-hint" } { (hint) } }
            }
        }
    }
}

/// One of a few, all visible.
#[derive(Clone, Copy, Debug)]
pub struct RadioGroup<'a> {
    pub name: &'a str,
    pub legend: &'a str,
    pub choices: &'a [Choice<'a>],
    pub value: &'a str,
    pub errors: &'a [FieldError],
}

impl Render for RadioGroup<'_> {
    fn render(&self) -> Markup {
        let id = id_of("", self.name);
        let error = error_of(self.errors, self.name);
        let described_by = error.map(|_| format!("{id}-error"));
        html! {
            fieldset.radios aria-describedby=[described_by] {
                legend { (self.legend) }
                @if let Some(message) = error { (field_error(&id, message)) }
                @for (position, choice) in self.choices.iter().enumerate() {
                    // The first has the group's own id, so that the error summary's link finds it.
                    @let choice_id = if position == 0 { id.clone() } else { format!("{id}-{position}") };
                    div.check {
                        input type="radio" id=(choice_id) name=(self.name) value=(choice.value)
                            checked[choice.value == self.value] aria-invalid=[error.map(|_| "true")]
                            aria-describedby=[choice.note.as_ref().map(|_| format!("{choice_id}-hint"))];
                        label for=(choice_id) { (choice.label) }
                        @if let Some(note) = &choice.note { p.hint id={ (choice_id) "-hint" } { (note) } }
                    }
                }
            }
        }
    }
}

/// Fields that belong together, under one heading.
#[must_use]
pub fn group(legend: &str, fields: impl Render) -> Markup {
    html! { fieldset.group { legend { (legend) } (fields) } }
}

/// Short fields side by side where there is room.
#[must_use]
pub fn row(fields: impl Render) -> Markup {
    html! { div.field-row { (fields) } }
}

#[must_use]
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// Made anew for each form shown; the server answers a second submit with the first one's result.
#[must_use]
pub fn idempotency_key(key: &str) -> Markup {
    hidden(IDEMPOTENCY_KEY, key)
}

/// The version of what is being changed, so that nobody overwrites what they have not seen.
#[must_use]
pub fn version(number: i64) -> Markup {
    hidden("version", &number.to_string())
}

/// How much a button weighs on the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// The one thing to do here.
    Primary,
    #[default]
    Plain,
    /// Looks like text until pointed at.
    Quiet,
    /// Takes something away.
    Danger,
}

impl Style {
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button primary",
            Self::Plain => "button",
            Self::Quiet => "button quiet",
            Self::Danger => "button danger",
        }
    }
}

/// The form's main button.
#[must_use]
pub fn submit(label: &str) -> Markup {
    submit_as(Style::Primary, label)
}

#[must_use]
pub fn submit_as(style: Style, label: &str) -> Markup {
    html! { button class=(style.class()) type="submit" { (label) } }
}

/// A submit that also says which of several things to do.
#[must_use]
pub fn submit_choice(style: Style, label: &str, name: &str, value: &str) -> Markup {
    html! { button class=(style.class()) type="submit" name=(name) value=(value) { (label) } }
}

/// The row of buttons at a form's end: the main one first, then a way back.
#[must_use]
pub fn buttons(contents: impl Render) -> Markup {
    html! { div.buttons { (contents) } }
}
