//! Writes what a net gives and learns, every bit of it, for `scripts/pytorch-parity`:
//! `parity NET auto|direct THREADS STEPS FILE.safetensors`; prints the losses of the steps.

#[path = "../tests/parity/trace.rs"]
mod trace;

use std::error::Error;

use trainer::layers::Kernels;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [net, kernels, threads, steps, file] = &args[..] else {
        return Err("usage: parity NET auto|direct THREADS STEPS FILE".into());
    };
    let kernels = match kernels.as_str() {
        "direct" => Kernels::Direct,
        _ => Kernels::Auto,
    };
    trainer::device::set_threads(threads.parse()?);
    let model = trace::filled(net.parse()?, kernels);
    let traced = trace::trace(&model);
    let mut tensors = vec![("logits".to_owned(), traced.logits.contiguous())];
    let plain = |(name, gradient): (String, tch::Tensor)| (name, gradient.contiguous());
    tensors.extend(traced.gradients.into_iter().map(plain));
    tch::Tensor::write_safetensors(&tensors, file)?;
    // From the values again: running statistics have moved.
    let losses = trace::losses(&trace::filled(net.parse()?, kernels), steps.parse()?);
    let told = serde_json::json!({
        "loss": traced.loss,
        "norms": tensors.iter().map(|(name, tensor)| (name, trace::norm(tensor))).collect::<Vec<_>>(),
        "losses": losses,
    });
    println!("{told}");
    Ok(())
}
