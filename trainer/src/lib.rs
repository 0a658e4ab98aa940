//! Learns from labeled covers, judges itself out of fold, and scores covers.
//!
//! In reading order:
//!
//! - [`error`]: what can go wrong;
//! - [`keyed`]: randomness that can be named;
//! - [`device`]: where the arithmetic happens;
//! - [`tensors`], [`preprocessing`], [`augment`]: from covers to a net's input;
//! - [`folds`]: parts that share no block;
//! - [`init`], [`params`], [`layers`], [`fft_conv`], [`pooling`]: what nets are made of;
//! - [`nets`]: the nets;
//! - [`recipe`], [`schedule`], [`optim`], [`average`]: how they are trained;
//! - [`training`], [`scoring`]: training a fold, and what a net says;
//! - [`metrics`]: how good that is;
//! - [`atomic`], [`weights`]: what is kept on disk;
//! - [`charts`], [`report`]: what people see;
//! - [`bench`]: how fast it is here.

pub mod atomic;
pub mod augment;
pub mod average;
pub mod bench;
pub mod charts;
pub mod device;
pub mod error;
pub mod fft_conv;
pub mod folds;
mod fused_adam;
pub mod init;
pub mod keyed;
pub mod layers;
pub mod metrics;
pub mod nets;
pub mod optim;
pub mod params;
pub mod pooling;
pub mod preprocessing;
pub mod recipe;
pub mod report;
pub mod schedule;
pub mod scoring;
pub mod tensors;
pub mod training;
pub mod weights;
