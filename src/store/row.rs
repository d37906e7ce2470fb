//! Reading a row into a struct, on either database: `row! { struct Row { column: Type, … } flatten { part: Columns, … } }`.
//!
//! Each field is the column of its name; a flattened one is a group of columns that several rows share. A declarative
//! macro, because sqlx's derive builds both databases' drivers a second time, for the compiler.

/// Defines a struct and how it is read from a row.
macro_rules! row {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty,)* }
        $(flatten { $($part:ident: $columns:ty,)* })?
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type,)*
            $($($part: $columns,)*)?
        }

        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $name
        where
            &'static str: sqlx::ColumnIndex<R>,
            $($type: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)*
            $($($columns: sqlx::FromRow<'r, R>,)*)?
        {
            fn from_row(row: &'r R) -> sqlx::Result<Self> {
                Ok(Self {
                    $($field: row.try_get(stringify!($field))?,)*
                    $($($part: sqlx::FromRow::from_row(row)?,)*)?
                })
            }
        }
    };
}

pub(super) use row;
