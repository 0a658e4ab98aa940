use super::*;
use clap::Parser;

#[derive(Debug, Parser)]
struct Typed {
    #[command(flatten)]
    flags: TrainFlags,
}

fn config(words: &str, base: Option<&Config>) -> Config {
    let words = std::iter::once("trainer").chain(words.split_whitespace());
    let typed = Typed::try_parse_from(words).expect("good flags");
    typed.flags.plan(base, Net::ResNet).expect("a CPU").config
}

#[test]
fn defaults_are_the_modern_recipe_of_the_default_net() {
    let config = config("", None);
    let method = Method::Steps {
        recipe: Recipe::new(RecipeName::Modern, Net::ResNet),
        rate: Rate::Fixed,
    };
    assert_eq!((config.method, config.folds), (method, 4));
    assert_eq!(config.labels, LabelRule::default());
}

#[test]
fn the_article_implies_its_labels_unless_told_otherwise() {
    let article = config("--recipe article --net lenet", None);
    assert!(article.labels.drop_rejected_negatives);
    assert!(article.labels.trust_undecided_positives);
    let other = config(
        "--recipe article --rejected-negatives positive --trust-undecided none",
        None,
    );
    assert_eq!(other.labels, LabelRule::default());
}

#[test]
fn what_is_typed_wins_over_the_base_and_another_net_leaves_it() {
    let base = config("--net lenet --epochs 7 --lr 0.5 --folds 3", None);
    let same = config("--epochs 9", Some(&base));
    assert_eq!((same.net(), same.epochs(), same.folds), (Net::LeNet, 9, 3));
    assert!(same.flags().contains(&"--lr 0.5".to_string()));
    let other = config("--net alexnet", Some(&base));
    assert_eq!(other, config("--net alexnet", None));
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    for words in [
        "--batch-size 0",
        "--epochs 0",
        "--loss hinge",
        "--memory-budget much",
        "--early-stop 0",
        "--early-stop never",
        "--threads 0",
        "--lr 0",
        "--lr fast",
        "--net vgg",
        "--trust-undecided all",
        "--device gpu",
    ] {
        let words = std::iter::once("trainer").chain(words.split_whitespace());
        assert!(Typed::try_parse_from(words.clone()).is_err(), "{words:?}");
    }
}

#[test]
fn a_pretrained_net_has_no_steps_and_no_recipe_of_the_article() {
    let parse = |words: &str| {
        let words = std::iter::once("trainer").chain(words.split_whitespace());
        Typed::try_parse_from(words).expect("good flags").flags
    };
    let net = Net::EfficientNetLite0;
    let refusal = parse("--recipe article")
        .plan(None, net)
        .expect_err("no recipe");
    assert_eq!(refusal.exit, cli::Exit::Usage);
    let idle = parse("--epochs 3 --lr 0.1")
        .without_effect(net)
        .expect("two flags");
    assert!(idle.contains("--epochs, --lr"), "{idle}");
    assert_eq!(parse("--epochs 3").without_effect(Net::LeNet), None);
    assert_eq!(parse("--folds 3 --views whole").without_effect(net), None);
    let idle = parse("--views whole").without_effect(Net::ResNet);
    assert!(idle.is_some_and(|idle| idle.contains("--views")));
}

#[test]
fn the_flags_of_a_config_give_it_again() {
    for words in [
        "--net alexnet --epochs 3 --batch-size 10 --lr auto --trust-undecided both",
        "--net lenet --recipe article --folds 5 --rejected-positives negative",
        "--net lenet --early-stop off",
        "--net resnet --early-stop 4",
        "--net lenet --loss article",
        "--net efficientnet-lite0 --folds 3",
        "--net efficientnet-lite0 --views whole",
    ] {
        let chosen = config(words, None);
        assert_eq!(config(&chosen.flags().join(" "), None), chosen);
    }
}
