//! Runs, folds, predictions, suspects, models, scores, rounds.
//!
//! A run is stored with all that makes it before its first epoch; a fold is claimed until a
//! time, and its result, with every prediction, is one transaction.

pub mod attempt;
pub mod feature;
pub mod fold;
pub mod model;
pub mod origin;
pub mod prediction;
pub mod round;
pub mod run;
pub mod score;
pub mod suspect;

pub use attempt::AttemptRow;
pub use feature::Featured;
pub use fold::{Claim, EpochRow, FoldResult, FoldRow, FoldState, Holder};
pub use model::{ModelRow, NewModel};
pub use prediction::{PredictionRow, RunTally};
pub use round::{Leftover, RoundKind, RoundResult, RoundRow};
pub use run::{Begun, NewRun, RunCover, RunId, RunRow, RunState};
pub(crate) use score::RegionColumns;
pub use score::{Find, Member, Region, Score, SpokenFor, Unscored};
pub use suspect::{Suspect, SuspectRow};
