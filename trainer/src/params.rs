//! The named tensors of a net: what is trained, averaged, saved and loaded.

use tch::Tensor;

/// What a tensor is to the net, which decides who may touch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Kernel or matrix: trained, with weight decay.
    Weight,
    /// Bias, or scale and shift of a normalisation: trained, never decayed.
    Undecayed,
    /// Running statistic: not trained, but part of the net.
    Buffer,
}

/// One named tensor.
#[derive(Debug)]
pub struct Param {
    /// PyTorch's name of it, for example `layer1.0.conv1.weight`.
    pub name: String,
    /// The values; layers hold shallow clones that share the storage.
    pub tensor: Tensor,
    /// What it is to the net.
    pub role: Role,
}

/// All tensors of a net in the order of their making.
#[derive(Debug, Default)]
pub struct Params(Vec<Param>);

impl Params {
    /// Registers `tensor` and returns the handle for the layer; trained roles
    /// start to record gradients.
    pub fn add(&mut self, name: String, tensor: Tensor, role: Role) -> Tensor {
        let tensor = tensor.set_requires_grad(role != Role::Buffer);
        let handle = tensor.shallow_clone();
        self.0.push(Param { name, tensor, role });
        handle
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Param> {
        self.0.iter()
    }

    /// Those that an optimizer changes.
    pub fn trained(&self) -> impl Iterator<Item = &Param> {
        self.0.iter().filter(|param| param.role != Role::Buffer)
    }

    /// Number of trained values.
    pub fn count(&self) -> usize {
        self.trained().map(|param| param.tensor.numel()).sum()
    }

    /// A copy with storage of its own, of the same names and roles.
    pub fn detached_copy(&self) -> Params {
        let copy = |param: &Param| Param {
            name: param.name.clone(),
            tensor: param.tensor.detach().copy(),
            role: param.role,
        };
        Params(self.0.iter().map(copy).collect())
    }

    /// Overwrites the values with those of `other`, a net of the same making.
    pub fn copy_from(&self, other: &Params) {
        tch::no_grad(|| {
            for (mine, theirs) in self.0.iter().zip(&other.0) {
                debug_assert_eq!(mine.name, theirs.name);
                mine.tensor.shallow_clone().copy_(&theirs.tensor);
            }
        });
    }

    /// Overwrites the tensors of these names.
    ///
    /// # Panics
    /// If there is none of a name, or one of another shape.
    pub fn put(&self, values: &[(String, Tensor)]) {
        for (name, value) in values {
            let param = self.0.iter().find(|param| param.name == *name);
            let param = param.unwrap_or_else(|| panic!("there is no tensor {name}"));
            assert_eq!(param.tensor.size(), value.size(), "shape of {name}");
            tch::no_grad(|| param.tensor.shallow_clone().copy_(value));
        }
    }

    /// The gradients of a scalar by each trained tensor, in their order.
    ///
    /// Asked for directly, not gathered in the tensors: that spares a pass over
    /// memory that zeroes and one that adds, a tenth of AlexNet's step.
    pub fn gradients(&self, scalar: &Tensor) -> Vec<Tensor> {
        let trained: Vec<&Tensor> = self.trained().map(|param| &param.tensor).collect();
        Tensor::run_backward(&[scalar], &trained, false, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn two() -> Params {
        let mut params = Params::default();
        let ones = |n| Tensor::ones([n], (Kind::Float, Device::Cpu));
        let _ = params.add("w".into(), ones(3), Role::Weight);
        let _ = params.add("mean".into(), ones(2), Role::Buffer);
        params
    }

    #[test]
    fn buffers_are_kept_but_neither_trained_nor_counted() {
        let params = two();
        assert_eq!(params.count(), 3);
        assert_eq!(params.iter().count(), 2);
        let recording: Vec<bool> = params.iter().map(|p| p.tensor.requires_grad()).collect();
        assert_eq!(recording, [true, false]);
    }

    #[test]
    fn a_copy_has_values_of_its_own_and_can_be_put_back() {
        let params = two();
        let saved = params.detached_copy();
        tch::no_grad(|| {
            for param in params.iter() {
                let _ = param.tensor.shallow_clone().fill_(7.0);
            }
        });
        params.copy_from(&saved);
        let total: f64 = params
            .iter()
            .map(|p| p.tensor.sum(Kind::Float).double_value(&[]))
            .sum();
        assert_eq!(total, 5.0);
    }

    #[test]
    fn gradients_are_those_of_this_scalar_alone() {
        let params = two();
        for factor in [2.0, 3.0] {
            let scalar = params
                .iter()
                .map(|p| p.tensor.sum(Kind::Float))
                .fold(Tensor::from(0f32), |sum, part| sum + part * factor);
            let gradients = params.gradients(&scalar);
            assert_eq!(gradients.len(), 1);
            assert_eq!(
                Vec::<f32>::try_from(&gradients[0]).unwrap(),
                [factor as f32; 3]
            );
        }
    }
}
