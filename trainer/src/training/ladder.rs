//! What libtorch says when memory runs out, caught.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Memory ran out; what libtorch said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfMemory(pub String);

/// Does the work, or tells that memory did not hold it. tch turns libtorch's errors into
/// panics; any other goes on.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, OutOfMemory> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| match words(&*panic) {
        Some(words) if tells_of_memory(words) => OutOfMemory(first_line(words)),
        _ => resume_unwind(panic),
    })
}

/// Does the work on fewer and fewer covers at once until memory holds it: `at_once` is
/// halved from the size of the batch on.
///
/// # Errors
/// Memory that does not hold the work on one.
pub fn halving<T>(
    at_once: &mut usize,
    batch: usize,
    work: impl Fn(usize) -> T,
) -> Result<T, OutOfMemory> {
    loop {
        let tried = (*at_once).min(batch);
        match catch(|| work(tried)) {
            Ok(done) => return Ok(done),
            Err(refused) if tried <= 1 => return Err(refused),
            Err(_) => *at_once = tried.div_ceil(2),
        }
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> Option<&str> {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied())
}

/// The allocators of CPU and GPU have words of their own.
fn tells_of_memory(words: &str) -> bool {
    [
        "can't allocate memory",
        "not enough memory",
        "out of memory",
    ]
    .iter()
    .any(|told| words.contains(told))
}

/// Without the trace of calls that libtorch adds.
fn first_line(words: &str) -> String {
    let line = words.split("\\n").next().unwrap_or_default();
    let start = ["DefaultCPUAllocator", "CUDA out of memory"]
        .iter()
        .find_map(|told| line.find(told));
    line[start.unwrap_or(0)..]
        .trim_end_matches(['"', ')'])
        .to_string()
}

/// Keeps such panics, which are caught, from being printed with a backtrace.
pub fn quiet() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let caught = info.payload_as_str().is_some_and(tells_of_memory);
        if !caught {
            print(info);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind, Tensor};

    #[test]
    fn libtorchs_own_refusal_is_caught_and_any_other_panic_goes_on() {
        let refused = catch(|| Tensor::zeros([1 << 48], (Kind::Float, Device::Cpu)));
        let OutOfMemory(words) = refused.expect_err("no machine has a petabyte");
        assert!(words.contains("can't allocate memory"), "{words}");
        assert!(!words.contains("\\n"), "{words}");
        assert_eq!(catch(|| 7), Ok(7));
        let other = catch_unwind(|| catch(|| panic!("another")));
        assert!(other.is_err());
    }

    #[test]
    fn work_is_halved_until_memory_holds_it_and_what_fits_is_remembered() {
        let holds = |most: usize| {
            move |covers: usize| {
                let values = if covers > most { 1 << 48 } else { 1 };
                let _ = Tensor::zeros([values], (Kind::Float, Device::Cpu));
                covers
            }
        };
        let mut at_once = 32;
        assert_eq!(halving(&mut at_once, 20, holds(6)), Ok(5));
        assert_eq!(at_once, 5);
        assert_eq!(halving(&mut at_once, 20, holds(6)), Ok(5));
        assert!(halving(&mut at_once, 20, holds(0)).is_err());
    }
}
