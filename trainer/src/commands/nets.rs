//! `nets`: the nets with their defaults.

use cli::{Outcome, Printer};
use serde_json::{Value, json};

use crate::nets::{NETS, NetSpec};

/// Lists them.
pub fn run(printer: &Printer) -> Outcome {
    printer.line("net                 input  epochs      rate  batch");
    for spec in NETS {
        printer.line(format!(
            "{:<18}  {:>5}  {:>6}  {:>8.0e}  {:>5}  {}",
            spec.name, spec.input, spec.epochs, spec.learning_rate, spec.batch_size, spec.about
        ));
    }
    let nets: Vec<Value> = NETS.iter().map(object).collect();
    Outcome::done(json!({ "nets": nets }))
}

fn object(spec: &NetSpec) -> Value {
    json!({
        "net": spec.name,
        "about": spec.about,
        "input": spec.input,
        "epochs": spec.epochs,
        "learning_rate": spec.learning_rate,
        "batch_size": spec.batch_size,
    })
}
