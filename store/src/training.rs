//! Runs, folds, predictions, models, scores.

use crate::statement::statements;

statements! {}
