//! What a training needs and what there is, told before it starts; and what becomes of
//! one that does not fit.

use cli::{Failure, Result};

use crate::config::Method;
use crate::flags::Plan;
use crate::footprint::Footprint;
use crate::memory;
use crate::session::Session;
use crate::training::micro_batch_words;

/// A line of what is needed and what there is.
pub fn tell(session: &Session, plan: &Plan, covers: usize) {
    let needs = Footprint::of(&plan.config, covers);
    let room = Room::now(plan.memory_budget);
    session.printer.note(line(plan, &needs, &room));
}

/// The plan with as many covers at once as fit, in words if those are fewer than a step's.
///
/// # Errors
/// A `--memory-budget` in which not even one cover at a time fits.
pub fn make(session: &Session, plan: &Plan, covers: usize) -> Result<Plan> {
    let wanted = Footprint::of(&plan.config, covers);
    let room = Room::now(plan.memory_budget);
    let mut plan = plan.clone();
    let Some(free) = room.free() else {
        return Ok(plan);
    };
    let fitting = wanted.fitting(free);
    if fitting.total() > free {
        too_little(session, &plan, &fitting, free)?;
    }
    if let Method::Steps { recipe, .. } = &mut plan.config.method
        && fitting.at_once < wanted.at_once
    {
        let at_once = fitting.at_once as usize;
        recipe.micro_batch = Some(at_once);
        session.printer.warn(micro_batch_words(at_once, recipe));
    }
    Ok(plan)
}

/// A budget is kept; what the machine has is only guessed at, and may be swapped.
fn too_little(session: &Session, plan: &Plan, least: &Footprint, free: u64) -> Result<()> {
    let words = format!(
        "one cover at a time takes {} and {} are free",
        memory::text(least.total()),
        memory::text(free)
    );
    if plan.memory_budget.is_some() {
        return Err(Failure::usage(format!(
            "this does not fit into --memory-budget: {words}\n\
             Raise it, or take a net with fewer weights; trainer plan tells what each needs."
        )));
    }
    session
        .printer
        .warn(format!("this may not fit in memory: {words}"));
    Ok(())
}

/// What there is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Room {
    /// What the machine could give, where it tells.
    available: Option<u64>,
    /// What the user allows this program in all.
    budget: Option<u64>,
    /// What it holds already.
    held: u64,
}

impl Room {
    /// As it is now.
    fn now(budget: Option<u64>) -> Room {
        Room {
            available: memory::available(),
            budget,
            held: memory::resident().unwrap_or(0),
        }
    }

    /// What may still be taken.
    fn free(&self) -> Option<u64> {
        let allowed = self.budget.map(|budget| budget.saturating_sub(self.held));
        [self.available, allowed].into_iter().flatten().min()
    }
}

/// `memory: 340 MB needed (123 MB weights, 200 MB a step of 32, 17 MB covers), 9.8 GB free`
fn line(plan: &Plan, needs: &Footprint, room: &Room) -> String {
    let there = room.free().map_or("unknown".into(), memory::text);
    let device = match plan.device {
        tch::Device::Cuda(_) => "; they go to the GPU, whose memory libtorch does not tell of",
        _ => "",
    };
    format!(
        "memory: {} needed ({} weights, {} for {} covers at once, {} all covers), {there} free{device}",
        memory::text(needs.total()),
        memory::text(needs.weights),
        memory::text(needs.step()),
        needs.at_once,
        memory::text(needs.data),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_counts_what_is_held_and_never_adds_to_what_there_is() {
        let room = |available, budget| Room {
            available,
            budget,
            held: 100,
        };
        assert_eq!(room(Some(500), None).free(), Some(500));
        assert_eq!(room(Some(500), Some(300)).free(), Some(200));
        assert_eq!(room(Some(500), Some(900)).free(), Some(500));
        assert_eq!(room(None, Some(50)).free(), Some(0));
        assert_eq!(room(None, None).free(), None);
    }
}
