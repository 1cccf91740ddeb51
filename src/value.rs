//! What wx, the server or the app gave: any shape is possible there, and whatever is not as
//! expected counts as absent.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

/// A value of any shape.
pub trait Value: DeserializeOwned + Default + 'static {
    /// What the seed makes of it, if it has the shape that the seed wants.
    fn read_by<'de, S: DeserializeSeed<'de>>(&self, seed: S) -> Option<S::Value>;
    /// What is there, if it has the shape of a `T`.
    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        self.read_by(PhantomData::<T>)
    }
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
///     let [found] = fields(body, &["code"]);
///     code(&found)
/// }
/// ```
pub fn fields<V: Value, const N: usize>(
    value: &V,
    names: &'static [&'static str; N],
) -> [Option<V>; N] {
    let found = value.read_by(Fields::new(names));
    let found = found.and_then(|found| found.try_into().ok());
    found.unwrap_or([const { None }; N])
}

/// The same of a value that may be absent.
pub fn fields_of<V: Value, const N: usize>(
    value: &Option<V>,
    names: &'static [&'static str; N],
) -> [Option<V>; N] {
    match value {
        Some(value) => fields(value, names),
        None => [const { None }; N],
    }
}

struct Fields<V> {
    names: &'static [&'static str],
    found: Vec<Option<V>>,
}

impl<V> Fields<V> {
    fn new(names: &'static [&'static str]) -> Self {
        let found = names.iter().map(|_| None).collect();
        Self { names, found }
    }
}

impl<'de, V: Value> DeserializeSeed<'de> for Fields<V> {
    type Value = Vec<Option<V>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_struct("", self.names, self)
    }
}

impl<'de, V: Value> Visitor<'de> for Fields<V> {
    type Value = Vec<Option<V>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut all: A) -> Result<Self::Value, A::Error> {
        while let Some(name) = all.next_key::<String>()? {
            match self.names.iter().position(|wanted| *wanted == name) {
                Some(at) => self.found[at] = all.next_value()?,
                None => drop(all.next_value::<IgnoredAny>()?),
            }
        }
        Ok(self.found)
    }
}
