//! The results as an SVG: one panel a measure, one bar a subject, logarithmic,
//! with the middle half as a whisker.

use super::report::{Results, Spread};

const LEFT: f64 = 150.0;
const RIGHT: f64 = 760.0;
const ROW: f64 = 22.0;

/// A panel: its title and its bars.
type Panel = (&'static str, Vec<(String, Spread)>);

/// The drawing's source.
pub fn draw(results: &Results) -> String {
    let timing = &results.timing;
    let owned = |name: &String, spread: &Spread| (name.clone(), *spread);
    let panels: [Panel; 4] = [
        (
            "Authorised request, one after the other: µs",
            timing
                .request
                .iter()
                .map(|(name, r)| owned(name, &r.us))
                .collect(),
        ),
        (
            "1,000 requests at once: times the hand-written code's",
            timing
                .at_once
                .iter()
                .map(|(name, r)| owned(name, &r.ratio))
                .collect(),
        ),
        (
            "100 callers on one login: times the hand-written code's",
            timing
                .one_login
                .iter()
                .map(|(name, r)| owned(name, &r.ratio))
                .collect(),
        ),
        (
            "Cold start to the first request: ms",
            results
                .cold
                .times
                .iter()
                .map(|(name, r)| owned(name, r))
                .collect(),
        ),
    ];
    let (mut body, mut y) = (String::new(), 20.0);
    for (title, mut bars) in panels {
        bars.sort_by(|a, b| a.1.median.total_cmp(&b.1.median));
        y = panel(&mut body, y, title, &bars);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 {y}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"860\" height=\"{y}\" fill=\"white\"/>\n{body}</svg>\n"
    )
}

/// Draws a panel from `top` on; where the next one begins.
fn panel(body: &mut String, top: f64, title: &str, bars: &[(String, Spread)]) -> f64 {
    let smallest = bars.iter().map(|b| b.1.low).fold(f64::INFINITY, f64::min);
    let largest = bars.iter().map(|b| b.1.high).fold(0.0, f64::max);
    let (from, to) = (smallest.log10().floor(), largest.log10().ceil());
    let x = |value: f64| LEFT + (value.log10() - from) / (to - from).max(1.0) * (RIGHT - LEFT);
    let bottom = top + 26.0 + bars.len() as f64 * ROW;

    *body += &format!(
        "<text x=\"{LEFT}\" y=\"{}\" font-weight=\"bold\">{title}</text>\n",
        top + 8.0
    );
    for power in from as i32..=to as i32 {
        let value = 10f64.powi(power);
        let at = x(value);
        *body += &format!(
            "<path d=\"M{at:.1} {}V{bottom:.1}\" stroke=\"#ddd\"/><text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#666\">{value}</text>\n",
            top + 16.0,
            bottom + 14.0
        );
    }
    for (i, (name, spread)) in bars.iter().enumerate() {
        let middle = top + 26.0 + i as f64 * ROW + ROW / 2.0 - 4.0;
        let colour = match name.as_str() {
            "ours" => "#07c160",
            name if name.starts_with("handwritten") => "#576b95",
            _ => "#b8bcc4",
        };
        *body += &format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\
             <rect x=\"{LEFT}\" y=\"{}\" width=\"{:.1}\" height=\"14\" fill=\"{colour}\"/>\
             <path d=\"M{:.1} {middle:.1}H{:.1}\" stroke=\"#222\"/>\
             <text x=\"{:.1}\" y=\"{}\">{:.2}</text>\n",
            LEFT - 8.0,
            middle + 4.0,
            middle - 7.0,
            x(spread.median) - LEFT,
            x(spread.low),
            x(spread.high),
            x(spread.high) + 6.0,
            middle + 4.0,
            spread.median,
        );
    }
    bottom + 40.0
}
