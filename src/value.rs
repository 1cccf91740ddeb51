//! What wx, the server or the app gave: any shape is possible there, and whatever is not as
//! expected counts as absent.

use serde::de::DeserializeOwned;

/// A value of any shape.
pub trait Value: Default + 'static {
    /// What is there under this name; `null` counts as absent.
    fn field(&self, name: &str) -> Option<Self>;
    /// What is there, if it has the shape of a `T`.
    fn read<T: DeserializeOwned>(&self) -> Option<T>;
    /// The number, or the number that a text is: old Android clients give the status so, and
    /// servers of some languages all numbers.
    fn number(&self) -> Option<f64>;
    /// The value of a JSON text (the engine's reader).
    fn parse_json(text: &str) -> Option<Self>;
    /// The unix ms of an HTTP date (the engine's reader).
    fn parse_date(text: &str) -> Option<f64>;
}
/// A text.
pub fn text<V: Value>(value: &Option<V>) -> Option<String> {
    value.as_ref()?.read()
}

/// A whole number: a status, a code.
pub fn code<V: Value>(value: &Option<V>) -> Option<i32> {
    let number = value.as_ref()?.number()?;
    let whole = number as i32;
    (f64::from(whole) == number).then_some(whole)
}

/// Seconds without their fraction, which NumericDates of JWTs may have (RFC 7519).
pub fn seconds<V: Value>(value: &Option<V>) -> Option<i64> {
    let number = value.as_ref()?.number()?;
    (number.abs() < 1e15).then_some(number as i64)
}

/// These fields of the value, by name; what has no fields has none of them. The types of the fields
/// do not matter: one that is not as expected must not take the others along.
///
/// ```
/// # use miniprogram_login::value::{Value, code, fields};
/// fn body_code<V: Value>(body: &V) -> Option<i32> {
///     let [found] = fields(body, ["code"]);
///     code(&found)
/// }
/// ```
pub fn fields<V: Value, const N: usize>(value: &V, names: [&str; N]) -> [Option<V>; N] {
    names.map(|name| value.field(name))
}

/// The same of a value that may be absent.
pub fn fields_of<V: Value, const N: usize>(value: Option<&V>, names: [&str; N]) -> [Option<V>; N] {
    names.map(|name| value?.field(name))
}
