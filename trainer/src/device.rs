//! Where the arithmetic happens, and on how many threads.

use std::fmt;
use std::str::FromStr;

use tch::{Cuda, Device};

use crate::error::Error;

/// What a person asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first GPU if libtorch has one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU of this number.
    Cuda(usize),
}

impl DeviceChoice {
    /// The device, if it is there.
    pub fn resolve(self) -> Result<Device, Error> {
        match self {
            DeviceChoice::Auto => Ok(Device::cuda_if_available()),
            DeviceChoice::Cpu => Ok(Device::Cpu),
            DeviceChoice::Cuda(number) => cuda(number),
        }
    }
}

fn cuda(number: usize) -> Result<Device, Error> {
    let found = Cuda::device_count();
    if (number as i64) < found {
        return Ok(Device::Cuda(number));
    }
    let reason = match found {
        0 => "libtorch sees no GPU; use --device cpu, or see trainer doctor".to_string(),
        1 => "libtorch sees one GPU, cuda:0".to_string(),
        _ => format!("libtorch sees {found} GPUs, cuda:0 to cuda:{}", found - 1),
    };
    Err(Error::Device {
        name: format!("cuda:{number}"),
        reason,
    })
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            DeviceChoice::Auto => f.write_str("auto"),
            DeviceChoice::Cpu => f.write_str("cpu"),
            DeviceChoice::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(name: &str) -> Result<DeviceChoice, Error> {
        let number = name.strip_prefix("cuda:").and_then(|n| n.parse().ok());
        match (name, number) {
            ("auto", _) => Ok(DeviceChoice::Auto),
            ("cpu", _) => Ok(DeviceChoice::Cpu),
            ("cuda", _) => Ok(DeviceChoice::Cuda(0)),
            (_, Some(number)) => Ok(DeviceChoice::Cuda(number)),
            _ => Err(Error::Device {
                name: name.into(),
                reason: "say auto, cpu or cuda:N".into(),
            }),
        }
    }
}

/// Sets the threads of one operation; the same number gives the same bits.
pub fn set_threads(threads: usize) {
    tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for name in ["auto", "cpu", "cuda:3"] {
            let choice: DeviceChoice = name.parse().expect("a known name");
            assert_eq!(choice.to_string(), name);
        }
        assert!("gpu".parse::<DeviceChoice>().is_err());
        assert!("cuda:x".parse::<DeviceChoice>().is_err());
    }

    #[test]
    fn a_gpu_that_is_not_there_is_refused_with_the_number_there_is() {
        let refusal = DeviceChoice::Cuda(99).resolve().unwrap_err().to_string();
        assert!(refusal.contains("cuda:99") && refusal.contains("GPU"));
    }
}
