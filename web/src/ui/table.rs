//! Real tables with a caption and scopes. On a phone each row becomes a card, its cells named by their columns.
//!
//! The roles are written out because browsers forget that a table is one when its rows are laid out as cards.

use maud::{Markup, Render, html};

use super::icon::{Icon, icon};

/// Which way a column is sorted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

/// A column's heading as a link that sorts by it.
#[derive(Clone, Debug)]
pub struct Sort<'a> {
    /// The address that sorts by this column, or turns its order round.
    pub href: String,
    pub current: Option<Order>,
    /// Spoken after the heading, such as "newest first".
    pub then: &'a str,
}

/// Where a cell goes when the row is a card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Spot {
    /// On a line of its own, after the column's name.
    #[default]
    Named,
    /// Beside the row's heading, at the end of the line.
    Corner,
    /// On a line of its own, without the column's name.
    Line,
    /// At the end of the line that a `Line` began.
    End,
    /// Not at all: it only repeats what the card says elsewhere.
    Hidden,
}

impl Spot {
    const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Named => None,
            Self::Corner => Some("corner"),
            Self::Line => Some("line"),
            Self::End => Some("end"),
            Self::Hidden => Some("hidden"),
        }
    }
}

#[derive(Clone, Debug)]
#[must_use = "a column belongs to a table"]
pub struct Column<'a> {
    label: &'a str,
    is_number: bool,
    is_label_hidden: bool,
    sort: Option<Sort<'a>>,
    spot: Spot,
}

impl<'a> Column<'a> {
    pub fn text(label: &'a str) -> Self {
        Self {
            label,
            is_number: false,
            is_label_hidden: false,
            sort: None,
            spot: Spot::Named,
        }
    }

    /// Figures, set right in digits of one width.
    pub fn number(label: &'a str) -> Self {
        Self {
            label,
            is_number: true,
            is_label_hidden: false,
            sort: None,
            spot: Spot::Named,
        }
    }

    /// Buttons: the heading is only heard.
    pub fn actions(label: &'a str) -> Self {
        Self {
            label,
            is_number: false,
            is_label_hidden: true,
            sort: None,
            spot: Spot::Named,
        }
    }

    /// On a card: beside the heading. For the figure that counts.
    pub fn card_corner(mut self) -> Self {
        self.spot = Spot::Corner;
        self
    }

    /// On a card: a line without the column's name. For what speaks for itself, such as a place.
    pub fn card_line(mut self) -> Self {
        self.spot = Spot::Line;
        self
    }

    /// On a card: at the end of a line that [`Column::card_line`] began. For a status or a date.
    pub fn card_end(mut self) -> Self {
        self.spot = Spot::End;
        self
    }

    /// On a card: left out.
    pub fn card_hidden(mut self) -> Self {
        self.spot = Spot::Hidden;
        self
    }

    pub fn sorted(mut self, sort: Sort<'a>) -> Self {
        self.sort = Some(sort);
        self
    }
}

/// One row; its first cell is the row's heading.
#[derive(Clone, Debug, Default)]
#[must_use = "a row belongs to a table"]
pub struct Row {
    id: Option<String>,
    cells: Vec<Markup>,
    selection: Option<Selection>,
    is_new: bool,
}

#[derive(Clone, Debug)]
struct Selection {
    value: String,
    label: String,
    is_possible: bool,
}

impl Row {
    pub fn new(cells: impl IntoIterator<Item = Markup>) -> Self {
        Self {
            cells: cells.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The element's id, from a function shared with the form that swaps the row.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// A box that adds `value` to the table's selection; `label` says what is selected, such as "order SO/26-27/000042".
    pub fn selectable(mut self, value: impl Into<String>, label: impl Into<String>) -> Self {
        self.selection = Some(Selection {
            value: value.into(),
            label: label.into(),
            is_possible: true,
        });
        self
    }

    /// The row has a place for a box, but the action of the bar does not apply to it.
    pub fn not_selectable(mut self, label: impl Into<String>) -> Self {
        self.selection = Some(Selection {
            value: String::new(),
            label: label.into(),
            is_possible: false,
        });
        self
    }

    /// Drawn to the eye once: what has just come in.
    pub fn new_arrival(mut self) -> Self {
        self.is_new = true;
        self
    }
}

/// Splice it into markup as it is. On a computer Enter opens the first link of the row chosen by keys.
#[derive(Clone, Debug)]
#[must_use = "a table is shown by splicing it into markup"]
pub struct Table<'a> {
    id: &'a str,
    caption: &'a str,
    is_caption_hidden: bool,
    columns: Vec<Column<'a>>,
    rows: Vec<Row>,
    foot: Vec<Row>,
    selection_name: Option<&'a str>,
    is_plain: bool,
}

impl<'a> Table<'a> {
    /// `id` also names the caption; it must be unique on the page.
    pub fn new(
        id: &'a str,
        caption: &'a str,
        columns: impl IntoIterator<Item = Column<'a>>,
    ) -> Self {
        Self {
            id,
            caption,
            is_caption_hidden: true,
            columns: columns.into_iter().collect(),
            rows: Vec::new(),
            foot: Vec::new(),
            selection_name: None,
            is_plain: false,
        }
    }

    pub fn caption_shown(mut self) -> Self {
        self.is_caption_hidden = false;
        self
    }

    pub fn rows(mut self, rows: impl IntoIterator<Item = Row>) -> Self {
        self.rows = rows.into_iter().collect();
        self
    }

    /// Totals: the first cell is the heading, the last ones stand under the last columns.
    pub fn foot(mut self, rows: impl IntoIterator<Item = Row>) -> Self {
        self.foot = rows.into_iter().collect();
        self
    }

    /// Rows get boxes of this name. The table must stand inside the form that acts on them.
    pub fn selection(mut self, name: &'a str) -> Self {
        self.selection_name = Some(name);
        self
    }

    /// Stays a table on phones: two or three narrow columns.
    pub fn never_cards(mut self) -> Self {
        self.is_plain = true;
        self
    }

    fn heading(&self, column: &Column<'_>) -> Markup {
        let class = column.is_number.then_some("number");
        let sorted = column
            .sort
            .as_ref()
            .and_then(|sort| sort.current)
            .map(|order| match order {
                Order::Ascending => "ascending",
                Order::Descending => "descending",
            });
        html! {
            th scope="col" role="columnheader" class=[class] aria-sort=[sorted] {
                @if let Some(sort) = &column.sort {
                    a.sort href=(sort.href) {
                        (column.label) span.visually-hidden { ", sort " (sort.then) }
                        (icon(match sort.current {
                            Some(Order::Ascending) => Icon::ArrowUp,
                            Some(Order::Descending) => Icon::ArrowDown,
                            None => Icon::ArrowUpDown,
                        }))
                    }
                } @else if column.is_label_hidden {
                    span.visually-hidden { (column.label) }
                } @else {
                    (column.label)
                }
            }
        }
    }

    fn body_row(&self, row: &Row) -> Markup {
        html! {
            tr role="row" id=[row.id.as_deref()] data-row data-new=[row.is_new.then_some("")] {
                @if let Some(name) = self.selection_name { (selection_cell(name, row)) }
                @for (position, (cell, column)) in row.cells.iter().zip(&self.columns).enumerate() {
                    @let class = cell_class(column);
                    @if position == 0 {
                        th scope="row" role="rowheader" class=[class] { (cell) }
                    } @else {
                        td role="cell" class=[class] data-spot=[column.spot.as_str()] data-label=[(!column.is_label_hidden).then_some(column.label)] { (cell) }
                    }
                }
            }
        }
    }

    fn foot_row(&self, row: &Row) -> Markup {
        let boxes = usize::from(self.selection_name.is_some());
        let span = (self.columns.len() + boxes)
            .saturating_sub(row.cells.len().saturating_sub(1))
            .max(1);
        let first_column = span.saturating_sub(boxes);
        html! {
            tr role="row" {
                @for (position, cell) in row.cells.iter().enumerate() {
                    @if position == 0 {
                        th scope="row" role="rowheader" colspan=(span) { (cell) }
                    } @else {
                        @let column = self.columns.get(first_column + position - 1);
                        td role="cell" data-spot=[(row.cells.len() == 2).then_some("corner")] class=[column.and_then(cell_class)] data-label=[column.map(|column| column.label)] { (cell) }
                    }
                }
            }
        }
    }
}

fn cell_class(column: &Column<'_>) -> Option<&'static str> {
    if column.is_number {
        Some("number")
    } else if column.is_label_hidden {
        Some("row-actions")
    } else {
        None
    }
}

fn selection_cell(name: &str, row: &Row) -> Markup {
    html! {
        td.select role="cell" {
            @match &row.selection {
                Some(selection) if selection.is_possible => {
                    label { input type="checkbox" name=(name) value=(selection.value) data-select; span.visually-hidden { "Select " (selection.label) } }
                },
                Some(selection) => {
                    label { input type="checkbox" disabled; span.visually-hidden { (selection.label) " cannot be selected" } }
                },
                None => {},
            }
        }
    }
}

impl Render for Table<'_> {
    fn render(&self) -> Markup {
        let caption_id = format!("{}-caption", self.id);
        html! {
            div.scroll role="region" tabindex="0" aria-labelledby=(caption_id) {
                table.table id=(self.id) role="table" data-plain=[self.is_plain.then_some("")] data-boxes=[self.selection_name.map(|_| "")] aria-labelledby=(caption_id) {
                    caption id=(caption_id) class=[self.is_caption_hidden.then_some("visually-hidden")] { (self.caption) }
                    thead role="rowgroup" {
                        tr role="row" {
                            @if self.selection_name.is_some() {
                                th.select scope="col" role="columnheader" {
                                    label { input type="checkbox" data-select-all; span.visually-hidden { "Select all rows shown" } }
                                }
                            }
                            @for column in &self.columns { (self.heading(column)) }
                        }
                    }
                    tbody role="rowgroup" { @for row in &self.rows { (self.body_row(row)) } }
                    @if !self.foot.is_empty() { tfoot role="rowgroup" { @for row in &self.foot { (self.foot_row(row)) } } }
                }
            }
        }
    }
}

/// What to do with the selected rows, inside the same form. With scripts it counts and shows itself once something is
/// selected; without them it is always there.
#[must_use]
pub fn bulk_bar(actions: impl Render) -> Markup {
    html! {
        div.bulk-bar data-bulk {
            p.bulk-count data-bulk-count aria-live="polite" { "With the selected rows" }
            div.buttons { (actions) }
        }
    }
}
