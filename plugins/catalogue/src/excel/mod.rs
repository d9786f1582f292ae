//! Spreadsheets as school librarians keep them: titles above the header, merged
//! cells, several sheets, old fonts, one row a copy or one row a title.

mod archive;
mod columns;
mod grid;
mod numbers;
mod row;

pub use columns::{Column, Columns, FIELDS, field_label};
pub use grid::{Grid, SheetError, grids};
pub use numbers::{RangeError, accessions};
pub use row::{Row, RowProblem, read};

#[cfg(test)]
mod tests;
