//! How a random sample lies in time. `cargo test -p crawler spread -- --nocapture` prints the
//! table of docs/measurements.md.

use std::collections::HashSet;

use super::*;
use crate::site::peertube::windows::{Window, draw, step};

/// Positions of the list that the draws of a crawl take, until it has `wanted`.
fn sample(total: u64, seed: u64, wanted: usize) -> (Vec<u64>, u64) {
    let (mut positions, mut requests) = (Vec::new(), 0);
    while positions.len() < wanted
        && let Some(window) = draw(total, seed, requests)
    {
        requests += 1;
        positions.extend(taken(window, total, seed));
    }
    positions.truncate(wanted);
    (positions, requests)
}

/// As [`Peertube::read`] takes them from an answer.
fn taken(window: Window, total: u64, seed: u64) -> Vec<u64> {
    let end = total.min(window.start + window.count);
    let mut all: Vec<_> = (window.start..end)
        .step_by(step(window.count, total))
        .collect();
    shuffle(&mut all, seed ^ window.start.rotate_left(32));
    all
}

#[test]
fn the_draws_divide_the_list_so_that_each_video_comes_once() {
    for total in [
        0, 1, 2, 99, 100, 101, 150, 200, 201, 500, 999, 1000, 1001, 1019, 2345, 20_000,
    ] {
        let (mut all, requests) = sample(total, 7, usize::MAX);
        all.sort_unstable();
        assert_eq!(all, (0..total).collect::<Vec<_>>(), "{total}");
        assert!(requests <= total.div_ceil(100) * 20, "{total}: {requests}");
        let short = total <= 100;
        assert!(
            !short || requests <= 1,
            "a short list is one answer: {total}"
        );
    }
}

#[test]
fn of_an_answer_only_the_drawn_videos_are_taken_and_of_old_ones_all() {
    for (total, count, want) in [
        (90, 100, 1),
        (150, 73, 2),
        (500, 96, 5),
        (950, 91, 10),
        (20_000, 81, 20),
        (20_000, 10, 1),
        (20_000, 1, 1),
    ] {
        assert_eq!(step(count, total), want, "{count} of {total}");
    }
    let videos: Vec<_> = (0..81)
        .map(|n| video(&json!({ "uuid": n.to_string() })))
        .collect();
    let url = "https://video.example/api/v1/videos?start=300&count=81&sort=-duration";
    let list = json!({ "total": 20_000, "data": videos });
    let reading = read(&Mode::Random, url, &list).unwrap();
    let mut keys: Vec<_> = reading.candidates.into_iter().map(|c| c.key).collect();
    keys.sort();
    assert_eq!(keys, ["0", "20", "40", "60", "80"]);
}

/// Chi-square over fifty classes has 49 degrees of freedom: 85.4 is the 0.1 % point.
#[test]
fn every_video_is_equally_likely() {
    for total in [95, 180, 450, 950, 1019, 5000] {
        let (crawls, wanted) = (2000, 40);
        let mut times = vec![0_u32; total as usize];
        for seed in 0..crawls {
            for position in sample(total, seed, wanted).0 {
                times[position as usize] += 1;
            }
        }
        let mean = crawls as f64 * wanted as f64 / total as f64;
        let class = |class: usize| {
            let own = times.iter().skip(class).step_by(50);
            let (sum, size) = own.fold((0.0, 0.0), |(sum, size), n| {
                (sum + f64::from(*n), size + 1.0)
            });
            (sum - size * mean).powi(2) / (size * mean)
        };
        let thirds: Vec<f64> = times
            .chunks(times.len().div_ceil(3))
            .map(|third| {
                third.iter().map(|n| f64::from(*n)).sum::<f64>() / third.len() as f64 / mean
            })
            .collect();
        let chi: f64 = (0..50).map(class).sum();
        println!("{total}: chi-square {chi:.1}, thirds {thirds:.3?}");
        assert!(chi < 85.4, "{total}: {chi}");
        assert!(
            thirds.iter().all(|third| (third - 1.0).abs() < 0.05),
            "{total}: {thirds:?}"
        );
    }
}

/// Runs of ten, as they were drawn before: all of a window, windows at random.
fn runs(total: u64, seed: u64, wanted: usize) -> Vec<u64> {
    let windows = total.div_ceil(10);
    let starts = (0..windows).map(|n| 10 * crate::sample::nth(seed, windows, n));
    let all = starts.flat_map(|start| start..total.min(start + 10));
    all.take(wanted).collect()
}

/// A fair draw, one request a video.
fn fair(total: u64, seed: u64, wanted: usize) -> Vec<u64> {
    let all = (0..total).map(|n| crate::sample::nth(seed, total, n));
    all.take(wanted).collect()
}

/// Uploads in the order of the list: by duration, and those of one duration by upload.
fn by_duration(total: u64, duration: impl Fn(u64) -> u64) -> Vec<u64> {
    let mut uploads: Vec<_> = (0..total).collect();
    uploads.sort_by_key(|upload| (std::cmp::Reverse(duration(*upload)), *upload));
    uploads
}

/// Shares of a sample that have another one within so many uploads.
fn neighbours(uploads: &[u64], within: [u64; 3]) -> [f64; 3] {
    let mut sorted = uploads.to_vec();
    sorted.sort_unstable();
    within.map(|within| {
        let near = sorted.iter().enumerate().filter(|(at, own)| {
            let before = at.checked_sub(1).map(|at| *own - sorted[at]);
            let after = sorted.get(at + 1).map(|next| next - *own);
            before.into_iter().chain(after).any(|gap| gap <= within)
        });
        near.count() as f64 / sorted.len() as f64
    })
}

/// The variance of a sample's share of something that holds of bursts of uploads, by that of a
/// fair draw: how many times as many covers are needed for the same certainty.
fn design_effect(draw: impl Fn(u64) -> Vec<u64>, list: &[u64], burst: u64) -> f64 {
    let holds = |upload: u64| mix(upload / burst).is_multiple_of(5);
    let truth = list.iter().filter(|upload| holds(**upload)).count() as f64 / list.len() as f64;
    let seeds = 0..400;
    let (mut squares, mut size) = (0.0, 0.0);
    for seed in seeds.clone() {
        let sample = draw(seed);
        let share = sample
            .iter()
            .filter(|at| holds(list[**at as usize]))
            .count() as f64;
        size = sample.len() as f64;
        squares += (share / size - truth).powi(2);
    }
    let total = list.len() as f64;
    let fair = truth * (1.0 - truth) / size * (total - size) / (total - 1.0);
    squares / seeds.count() as f64 / fair
}

#[test]
fn neighbours_in_the_sample_are_no_neighbours_in_time() {
    println!(
        "instance | drawn | list requests | within 1 | within 5 | within 20 uploads | times a fair draw, bursts of 10"
    );
    let (total, wanted) = (20_000, 200);
    let tied = by_duration(total, |_| 60);
    let half = by_duration(total, |n| {
        if mix(n).is_multiple_of(2) {
            60
        } else {
            10 + mix(n) % 3600
        }
    });
    let usual = by_duration(total, |n| 10 + mix(n) % 3600);
    for (name, list) in [
        ("one duration", &tied),
        ("half of one", &half),
        ("an hour's", &usual),
    ] {
        let uploads = |positions: Vec<u64>| {
            positions
                .into_iter()
                .map(|at| list[at as usize])
                .collect::<Vec<_>>()
        };
        let (new, requests) = sample(total, 1, wanted);
        for (how, requests, positions) in [
            ("runs of ten", 20, runs(total, 1, wanted)),
            ("every 20th", requests, new),
            ("one by one", 200, fair(total, 1, wanted)),
        ] {
            let [one, five, twenty] = neighbours(&uploads(positions), [1, 5, 20]);
            let effect = |burst| match how {
                "runs of ten" => design_effect(|seed| runs(total, seed, wanted), list, burst),
                "every 20th" => design_effect(|seed| sample(total, seed, wanted).0, list, burst),
                _ => design_effect(|seed| fair(total, seed, wanted), list, burst),
            };
            let (effect, hundred) = (effect(10), effect(100));
            println!(
                "{name} | {how} | {requests} | {one:.3} | {five:.3} | {twenty:.3} | {effect:.2} | {hundred:.2}"
            );
            if how == "every 20th" {
                assert!(one <= 0.03, "{name}: {one}");
                assert!(effect < 1.5, "{name}: {effect}");
            }
        }
    }
    let mut distinct = HashSet::new();
    assert!(
        sample(total, 1, wanted)
            .0
            .into_iter()
            .all(|at| distinct.insert(at))
    );
}
