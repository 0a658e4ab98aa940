//! `nets`: the nets with their defaults.

use cli::{Outcome, Printer};
use serde_json::{Value, json};

use crate::nets::{NETS, NetSpec};

/// Lists them.
pub fn run(printer: &Printer) -> Outcome {
    printer.line("net                 input  epochs      rate  batch");
    for spec in NETS {
        let steps = spec.steps.map_or(
            format!("{:>6}  {:>8}  {:>5}", "–", "–", "–"),
            |steps| {
                let (epochs, rate, batch) = (steps.epochs, steps.learning_rate, steps.batch_size);
                format!("{epochs:>6}  {rate:>8.0e}  {batch:>5}")
            },
        );
        let (name, input, about) = (spec.name, spec.input, spec.about);
        printer.line(format!("{name:<18}  {input:>5}  {steps}  {about}"));
    }
    let nets: Vec<Value> = NETS.iter().map(object).collect();
    Outcome::done(json!({ "nets": nets }))
}

fn object(spec: &NetSpec) -> Value {
    json!({
        "net": spec.name,
        "about": spec.about,
        "input": spec.input,
        "epochs": spec.steps.map(|steps| steps.epochs),
        "learning_rate": spec.steps.map(|steps| steps.learning_rate),
        "batch_size": spec.steps.map(|steps| steps.batch_size),
    })
}
