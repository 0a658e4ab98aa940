//! Learns from labeled covers, judges itself out of fold, and scores covers.
//!
//! In reading order:
//!
//! - [`error`]: what can go wrong;
//! - [`keyed`]: randomness that can be named;
//! - [`device`]: where the arithmetic happens;
//! - [`tensors`], [`preprocessing`], [`augment`]: from covers to a net's input;
//! - [`folds`]: parts that share no block;
//! - [`init`], [`params`], [`layers`], [`fft_conv`], [`channel_sum`], [`fused_conv`], [`pooling`]:
//!   what nets are made of;
//! - [`nets`]: the nets;
//! - [`state_dict`], [`backbone`], [`classes`]: pretrained weights, from the published file to
//!   a net, and what its own classes are called;
//! - [`views`], [`lbfgs`], [`lockstep`], [`multiple_instance`], [`cross_fit`], [`probe`]: a linear
//!   layer on what a backbone says of each part of a cover,
//!   all folds and strengths at once;
//! - [`recipe`], [`schedule`], [`optim`], [`average`]: how they are trained;
//! - [`training`], [`scoring`]: training a fold, and what a net says;
//! - [`metrics`]: how good that is;
//! - [`suspects`]: labels that are probably wrong;
//! - [`calibration`]: from margins to probabilities;
//! - [`base_rate`], [`threshold`]: probabilities where the topic is rarer than in the labels,
//!   and from which on it is said to be there;
//! - [`rate_range`]: a learning rate for `--lr auto`;
//! - [`atomic`], [`weights`]: what is kept on disk;
//! - [`charts`], [`report`]: what people see;
//! - [`bench`]: how fast it is here.
//!
//! That much is pure, but for files. What connects it to the database and to people:
//!
//! - [`config`], [`flags`]: every choice, as stored and as typed;
//! - [`session`]: what every command works with;
//! - [`dataset`], [`pixels`], [`bank`], [`features`], [`learner`]: from the database to a training;
//! - [`holder`]: who has a fold in hand;
//! - [`results`]: what a run gave;
//! - [`models`], [`rates`], [`finder`]: what scores, how common the topic is where, and
//!   scoring every cover;
//! - [`libtorch`], [`memory`], [`footprint`]: what all this runs on, and what it takes;
//! - [`commands`], [`args`]: what can be typed.

pub mod args;
pub mod atomic;
pub mod augment;
pub mod average;
pub mod backbone;
pub mod bank;
pub mod base_rate;
pub mod bench;
pub mod calibration;
pub mod channel_sum;
pub mod charts;
pub mod classes;
pub mod commands;
pub mod config;
pub mod cross_fit;
pub mod dataset;
pub mod device;
pub mod error;
pub mod features;
pub mod fft_conv;
pub mod finder;
pub mod flags;
pub mod folds;
pub mod footprint;
mod fused_adam;
pub mod fused_conv;
pub mod holder;
pub mod init;
pub mod keyed;
pub mod layers;
pub mod lbfgs;
pub mod learner;
pub mod libtorch;
pub mod lockstep;
pub mod memory;
pub mod metrics;
pub mod models;
pub mod multiple_instance;
pub mod nets;
pub mod optim;
pub mod params;
pub mod pixels;
pub mod pooling;
pub mod preprocessing;
pub mod probe;
pub mod rate_range;
pub mod rates;
pub mod recipe;
pub mod report;
pub mod results;
pub mod schedule;
pub mod scoring;
pub mod session;
pub mod state_dict;
pub mod suspects;
pub mod tensors;
pub mod threshold;
pub mod training;
pub mod views;
pub mod weights;
