//! `start`: a model that needs no labels, so that the very first sheet has an order.
//!
//! Either ImageNet's own classes, summed: the backbone knows domestic cats from its first
//! training. Or some pictures of what is looked for, against the undecided covers: a probe
//! that is strongly regularised, because a few pictures say little.

use std::path::{Path, PathBuf};
use std::time::Instant;

use cli::{Exit, Failure, Outcome, Result};
use cover::Rule;
use serde_json::{Value, json};
use store::training::{ModelRow, NewModel, RoundKind, RoundResult};
use store::views::Views;
use tch::Device;

use super::score;
use crate::args::Place;
use crate::atomic;
use crate::classes;
use crate::commands::fit;
use crate::features::{self, Extractor};
use crate::finder;
use crate::models;
use crate::nets::{Model, Net};
use crate::preprocessing::Preprocessing;
use crate::probe::{self, Examples};
use crate::rates::{Prior, Rates};
use crate::session::Session;
use crate::views::{ViewMode, ViewSet};
use crate::weights::{self, Calibration, Card};

/// Pictures looked at between two looks at whether the user stops.
const AT_ONCE: usize = 16;
/// Undecided covers that example pictures are held against.
const AGAINST: usize = 2_000;
/// Of the probe on examples.
const STRENGTH: f64 = 1.0;

/// `start` as typed.
#[derive(Clone, Debug, clap::Args)]
pub struct Wanted {
    /// Classes of ImageNet that show the topic, by number or name: 281-285, tabby, dog
    /// [default: those of the topic's name, where one is known]
    #[arg(long, value_name = "CLASSES", conflicts_with = "like")]
    classes: Option<String>,
    /// Pictures of the topic, or folders of them
    #[arg(long, value_name = "IMAGE|FOLDER", num_args = 1..)]
    like: Vec<PathBuf>,
    /// How covers are looked at: by windows of their previews, or whole, squeezed to a square
    #[arg(long, value_enum, hide_possible_values = true, value_name = "windows|whole", default_value_t = ViewMode::default_of_backbones())]
    views: ViewMode,
    #[command(flatten)]
    place: Place,
}

/// The classes of a topic whose name says enough.
pub fn usual(topic: &str) -> Option<Vec<i64>> {
    classes::parse(topic).ok()
}

/// Makes the model, scores, and makes it current.
///
/// # Errors
/// Bad input, weights that are not there, and what the database says.
pub async fn run(session: &Session, wanted: &Wanted) -> Result<Outcome> {
    let device = wanted.place.device.resolve()?;
    crate::device::set_threads(wanted.place.threads());
    if let Some(current) = session.store.current_model(session.topic).await?
        && current.last_event > 0
    {
        return Err(Failure::usage(format!(
            "the model {} has learned from labels: it knows more than a start without any\n\
             trainer rollback goes back to an older one.",
            current.name
        )));
    }
    let row = match (&wanted.classes, &wanted.like[..]) {
        (_, [_, ..]) => by_pictures(session, device, wanted.views, &wanted.like).await?,
        (Some(typed), _) => {
            let chosen = classes::parse(typed).map_err(Failure::usage)?;
            by_classes(session, device, wanted.views, &chosen).await?
        }
        (None, _) => {
            let chosen = usual(&session.topic_name).ok_or_else(|| {
                Failure::usage(format!(
                    "nothing is known of \"{}\"\nSay --classes with names or numbers of ImageNet's \
                     classes ({}), or --like with some pictures of it.",
                    session.topic_name,
                    classes::names()
                ))
            })?;
            by_classes(session, device, wanted.views, &chosen).await?
        }
    };
    let loaded = models::load(session, &row, device)?;
    let rates = Rates::read(session, &row, &loaded.card, Prior::Auto).await?;
    let (scored, all) = finder::score_all(session, &row, &loaded, &rates, device).await?;
    session
        .printer
        .table(&[("model", row.name.clone()), ("scored", scored.to_string())]);
    Ok(Outcome {
        exit: if all { Exit::Done } else { Exit::Stopped },
        json: Some(json!({ "model": row.name, "scored": scored })),
    })
}

/// By the summed probability of these classes.
///
/// # Errors
/// Weights that are not there, and what the database says.
pub async fn by_classes(
    session: &Session,
    device: Device,
    mode: ViewMode,
    chosen: &[i64],
) -> Result<ModelRow> {
    let (model, key) = features::with_classes(session, chosen, mode, device)?;
    let reason = format!(
        "before any label: {} classes of ImageNet, summed",
        chosen.len()
    );
    let made = Made {
        model,
        mode,
        key,
        base_rate: None,
        config: json!({ "start": { "classes": chosen } }),
        reason,
    };
    promote(session, made).await
}

/// By likeness to these pictures.
async fn by_pictures(
    session: &Session,
    device: Device,
    mode: ViewMode,
    inputs: &[PathBuf],
) -> Result<ModelRow> {
    let (backbone, key) = features::pretrained(session, mode, device)?;
    let preprocessing = Preprocessing::backbone(mode);
    let extractor = Extractor {
        model: &backbone,
        key: &key,
        preprocessing,
        device,
    };
    let files = score::expand(inputs);
    let members = session.store.members(session.topic).await?;
    let mut against: Vec<i64> = members
        .iter()
        .filter(|one| !one.decided)
        .map(|one| one.cover)
        .collect();
    // Spread over all of them, whenever they came.
    let step = against.len().div_ceil(AGAINST).max(1);
    against = against.into_iter().step_by(step).collect();
    if against.is_empty() {
        return Err(Failure::usage(
            "there are no undecided covers to hold the pictures against\n\
             Collect some with crawler run or crawler import.",
        ));
    }
    let Some(liked) = look(session, &extractor, &files)? else {
        return Err(Failure::usage("stopped: no model was made"));
    };
    if liked.is_empty() {
        return Err(Failure::usage(
            "none of these pictures can be read: nothing to liken covers to",
        ));
    }
    let liked = ViewSet::new(&liked.iter().collect::<Vec<_>>());
    let Some(others) = extractor.of(session, &against).await? else {
        return Err(Failure::usage("stopped: no model was made"));
    };
    let count = liked.covers();
    let views = liked.followed_by(&others);
    let labels: Vec<bool> = (0..views.covers()).map(|row| row < count).collect();
    let blocks: Vec<usize> = (0..labels.len()).collect();
    let examples = Examples {
        views: &views,
        labels: &labels,
        blocks: &blocks,
    };
    let fitted = probe::fit_with(&examples, STRENGTH);
    let model = Model::looking(Net::EfficientNetLite0, mode, device);
    model.params.copy_from(&backbone.params);
    model.params.put(&fitted.tensors());
    let made = Made {
        model,
        mode,
        key,
        base_rate: Some(count as f64 / labels.len() as f64),
        config: json!({ "start": { "like": count } }),
        reason: format!("before any label: likeness to {count} pictures"),
    };
    promote(session, made).await
}

/// What is seen in pictures that can be read; `None` when the user stops.
fn look(session: &Session, extractor: &Extractor, files: &[PathBuf]) -> Result<Option<Vec<Views>>> {
    let bar = session.printer.bar("pictures", Some(files.len() as u64));
    let mode = extractor.preprocessing.views;
    let mut all = Vec::with_capacity(files.len());
    for few in files.chunks(AT_ONCE) {
        if session.stop.asked() {
            return Ok(None);
        }
        let jpegs: Vec<(i64, Vec<u8>)> = few
            .iter()
            .filter_map(|file| read(session, file, mode))
            .map(|jpeg| (0, jpeg))
            .collect();
        all.extend(tokio::task::block_in_place(|| extractor.look(&jpegs))?);
        bar.inc(few.len() as u64);
    }
    bar.finish();
    Ok(Some(all))
}

fn read(session: &Session, file: &Path, mode: ViewMode) -> Option<Vec<u8>> {
    super::score::stored(file, &Rule::default(), mode)
        .map_err(|error| session.printer.warn(format!("{}: {error}", file.display())))
        .ok()
}

/// A model that has seen no label.
struct Made {
    model: Model,
    mode: ViewMode,
    key: String,
    base_rate: Option<f64>,
    config: Value,
    reason: String,
}

async fn promote(session: &Session, made: Made) -> Result<ModelRow> {
    let began = Instant::now();
    let store = &session.store;
    let net = made.model.net.to_string();
    let card = Card {
        net: net.clone(),
        topic: session.topic_name.clone(),
        run: "none".into(),
        resize_rule: Rule::default().to_string(),
        preprocessing: Preprocessing::backbone(made.mode),
        mirror: false,
        backbone: Some(made.key),
        calibration: Calibration::NONE,
        base_rate: made.base_rate,
        aim: None,
        threshold: 0.5,
    };
    let round = store
        .begin_round(session.topic, RoundKind::Start, (0, 0), cli::now())
        .await?;
    let bytes = weights::to_bytes(&made.model.params, &card);
    let sha256 = cover::sha256(&bytes);
    let name = fit::name(&session.topic_name, &net, &sha256);
    atomic::write(&session.model_file(&name), &bytes)?;
    let new = NewModel {
        name: name.clone(),
        run: None,
        net,
        sha256,
        config: made.config.to_string(),
        last_event: 0,
    };
    let model = store.add_model(session.topic, &new, cli::now()).await?;
    store.round_made(round, None, model).await?;
    session.printer.note(&made.reason);
    let result = RoundResult {
        seconds: began.elapsed().as_secs_f64(),
        promoted: true,
        reason: made.reason,
        ..RoundResult::default()
    };
    store.finish_round(round, &result, cli::now()).await?;
    Ok(store.model_named(session.topic, &name).await?)
}
