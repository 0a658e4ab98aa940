use super::*;
use crate::keyed::{Purpose, generator};
use crate::layers::Pass;
use crate::nets::{Model, Net};
use crate::views::ViewMode;
use rand::RngExt;
use tch::{Device, Kind};

/// Tensors of the published names and shapes, drawn from a key; variances above zero.
pub fn drawn() -> Vec<NamedTensor> {
    let mut rng = generator(5, Purpose::Bench, &[]);
    let mut tensor = |name: String, shape: &[i64], low: f32, high: f32| NamedTensor {
        name,
        shape: shape.iter().map(|side| *side as usize).collect(),
        values: (0..shape.iter().product::<i64>())
            .map(|_| rng.random_range(low..high))
            .collect(),
    };
    let mut tensors = Vec::new();
    for layer in efficientnet::layers() {
        let (conv, norm) = published_names(layer.part);
        let shape = layer.shape();
        let reach = (3.0 / shape[1..].iter().product::<i64>() as f32).sqrt();
        tensors.push(tensor(format!("{conv}.weight"), &shape, -reach, reach));
        for (part, low, high) in [
            ("weight", 0.8, 1.6),
            ("bias", -0.2, 0.4),
            ("running_mean", -0.3, 0.3),
            ("running_var", 0.2, 1.5),
        ] {
            tensors.push(tensor(
                format!("{norm}.{part}"),
                &[layer.outputs],
                low,
                high,
            ));
        }
    }
    tensors.push(tensor("_fc.weight".into(), &[CLASSES, FEATURES], -0.1, 0.1));
    tensors.push(tensor("_fc.bias".into(), &[CLASSES], -0.1, 0.1));
    tensors
}

/// The published net read literally: TensorFlow's padding by its definition, convolution,
/// normalisation by running statistics, ReLU6; nothing folded.
fn literal(tensors: &[NamedTensor], pixels: &Tensor) -> Tensor {
    let named = |name: &str| {
        let tensor = tensors
            .iter()
            .find(|tensor| tensor.name == name)
            .expect("it is there");
        let shape: Vec<i64> = tensor.shape.iter().map(|side| *side as i64).collect();
        Tensor::from_slice(&tensor.values).view(&shape[..])
    };
    let apply = |layer: &Layer, x: &Tensor| {
        let (conv, norm) = published_names(layer.part);
        let size = x.size()[2];
        let outputs = (size as f64 / layer.stride as f64).ceil() as i64;
        let total = ((outputs - 1) * layer.stride + layer.kernel - size).max(0);
        let (before, after) = (total / 2, total - total / 2);
        let x = x.constant_pad_nd([before, after, before, after]).conv2d(
            &named(&format!("{conv}.weight")),
            None::<Tensor>,
            [layer.stride; 2],
            [0i64, 0],
            [1i64, 1],
            layer.groups,
        );
        let part = |part: &str| Some(named(&format!("{norm}.{part}")));
        let (scale, shift) = (part("weight"), part("bias"));
        let (mean, variance) = (part("running_mean"), part("running_var"));
        let x = x.batch_norm(scale, shift, mean, variance, false, 0.0, EPSILON, false);
        if layer.activated {
            x.clamp(0.0, 6.0)
        } else {
            x
        }
    };
    let mut x = pixels.shallow_clone();
    let mut start = x.shallow_clone();
    for layer in efficientnet::layers() {
        if matches!(layer.part, LayerPart::Expand(_) | LayerPart::Depthwise(0)) {
            start = x.shallow_clone();
        }
        x = apply(&layer, &x);
        let projected = matches!(layer.part, LayerPart::Project(_));
        if projected && x.size() == start.size() {
            x += &start;
        }
    }
    x.mean_dim([2i64, 3].as_slice(), false, Kind::Float)
}

#[test]
fn folding_computes_what_the_published_net_does() {
    let tensors = drawn();
    let pixels = Tensor::linspace(-1.0, 1.0, 3 * 64 * 64, (Kind::Float, Device::Cpu));
    let pixels = (pixels * 37.0).sin().view([1, 3, 64, 64]);
    let model = Model::blank(Net::EfficientNetLite0, Device::Cpu);
    let expected = tch::no_grad(|| literal(&tensors, &pixels));
    model.params.put(&fold(tensors).expect("all there"));
    let features = tch::no_grad(|| model.features(&pixels)).expect("this net has features");
    assert_eq!(features.size(), [1, FEATURES]);
    assert!(
        expected.std(false).double_value(&[]) > 0.01,
        "the features are all alike"
    );
    let off = (&features - &expected).abs().max().double_value(&[]);
    let scale = expected.abs().max().double_value(&[]);
    assert!(off < 1e-4 * scale, "{off} at a scale of {scale}");
}

#[test]
fn the_probe_alone_decides_the_margin() {
    let model = Model::blank(Net::EfficientNetLite0, Device::Cpu);
    model.params.put(&fold(drawn()).expect("all there"));
    let weight = Tensor::linspace(-1.0, 1.0, FEATURES, (Kind::Float, Device::Cpu));
    let probe = [
        ("probe.weight".to_string(), weight.view([1, FEATURES])),
        ("probe.bias".to_string(), Tensor::from_slice(&[0.25f32])),
    ];
    model.params.put(&probe);
    let pixels = Tensor::ones([2, 3, 32, 32], (Kind::Float, Device::Cpu));
    let (features, logits) = tch::no_grad(|| {
        let features = model.features(&pixels).expect("this net has features");
        (features, model.forward(&pixels, &mut Pass::Score))
    });
    let expected = features.mv(&weight) + 0.25;
    let margin = logits.select(1, 1) - logits.select(1, 0);
    let off = (margin - &expected).abs().max().double_value(&[]);
    assert!(off < 1e-4 * expected.abs().max().double_value(&[]));
}

#[test]
fn tensors_that_are_missing_misshapen_or_left_over_are_named() {
    let refusal = |change: fn(&mut Vec<NamedTensor>)| {
        let mut tensors = drawn();
        change(&mut tensors);
        fold(tensors).expect_err("it is not the net")
    };
    let missing = refusal(|tensors| tensors.retain(|t| t.name != "_blocks.3._bn1.bias"));
    assert_eq!(missing, "it has no _blocks.3._bn1.bias");
    let misshapen = refusal(|tensors| tensors[0].shape.swap(0, 1));
    assert!(
        misshapen.contains("_conv_stem.weight has shape [3, 32, 3, 3]"),
        "{misshapen}"
    );
    let left = refusal(|tensors| {
        let mut extra = tensors[0].clone();
        extra.name = "extra".into();
        tensors.push(extra);
    });
    assert!(left.contains("extra"), "{left}");
}

#[test]
fn our_own_file_gives_back_what_was_put_in_and_a_damaged_one_is_refused() {
    let home = tempfile::tempdir().expect("a folder");
    let missing = load(home.path()).unwrap_err().to_string();
    assert!(missing.contains("scripts/backbone"), "{missing}");
    let path = file(home.path());
    let bytes = to_bytes(&drawn(), "abc");
    atomic::write(&path, &bytes).expect("writable");
    let (folded, source) = load(home.path()).expect("whole");
    assert_eq!(source, "abc");
    for ((name, read), (_, expected)) in folded.iter().zip(fold(drawn()).expect("all there")) {
        assert!(read.equal(&expected), "{name}");
    }
    atomic::write(&path, &bytes[..bytes.len() / 2]).expect("writable");
    let damaged = load(home.path()).unwrap_err().to_string();
    assert!(damaged.contains("damaged"), "{damaged}");
}

#[test]
fn any_other_file_is_refused_before_it_is_read() {
    let home = tempfile::tempdir().expect("a folder");
    let other = home.path().join("other.pth");
    fs::write(&other, b"cos\nsystem\n").expect("writable");
    let refusal = import(&other, home.path()).unwrap_err().to_string();
    assert!(refusal.contains("not the published file"), "{refusal}");
    assert!(!file(home.path()).exists());
}

#[test]
fn the_projection_is_orthonormal_always_the_same_and_keeps_what_the_classifier_sees() {
    let mut rng = generator(8, Purpose::Bench, &[]);
    // A classifier that looks along 40 directions.
    let mut drawn = |rows: i64, columns: i64| {
        let values: Vec<f32> = (0..rows * columns)
            .map(|_| rng.random_range(-1.0..1.0f32))
            .collect();
        Tensor::from_slice(&values).view([rows, columns])
    };
    let classifier = drawn(CLASSES, 40).mm(&drawn(40, FEATURES));
    let projection = projection_of(&classifier);
    assert_eq!(projection.size(), [PROJECTED, FEATURES]);
    let gram = projection.mm(&projection.tr());
    let off = (&gram - Tensor::eye(PROJECTED, (Kind::Float, Device::Cpu))).abs();
    assert!(off.max().double_value(&[]) < 1e-5);
    let kept = classifier.mm(&projection.tr()).mm(&projection);
    let lost = (&kept - &classifier).norm().double_value(&[]);
    assert!(lost < 1e-4 * classifier.norm().double_value(&[]), "{lost}");
    assert!(projection_of(&classifier).equal(&projection));
}

/// A net that looks at several views, drawn.
fn looking(net: Net) -> Model {
    let tensors = drawn();
    let weight = tensors
        .iter()
        .find(|tensor| tensor.name == "_fc.weight")
        .map(|tensor| Tensor::from_slice(&tensor.values).view([CLASSES, FEATURES]));
    let projection = projection_of(&weight.expect("it is there"));
    let model = Model::looking(net, ViewMode::Windows, Device::Cpu);
    model.params.put(&fold(tensors).expect("all there"));
    model
        .params
        .put(&[(efficientnet::PROJECTION.into(), projection)]);
    model
}

#[test]
fn the_first_view_is_the_whole_picture_and_each_window_is_what_its_part_shows() {
    let model = looking(Net::EfficientNetLite0);
    let whole = Model::blank(Net::EfficientNetLite0, Device::Cpu);
    whole.params.put(&fold(drawn()).expect("all there"));
    let pixels = Tensor::linspace(-1.0, 1.0, 3 * 384 * 512, (Kind::Float, Device::Cpu));
    let pixels = (pixels * 91.0).sin().view([1, 3, 384, 512]);
    let (seen, of_whole) = tch::no_grad(|| {
        let seen = model.features(&pixels).expect("this net has features");
        (
            seen,
            whole.features(&pixels).expect("this net has features"),
        )
    });
    assert_eq!(seen.size(), [1 + 3 * 5, efficientnet::PROJECTED]);
    let projection = model
        .params
        .iter()
        .find(|param| param.name == efficientnet::PROJECTION)
        .map(|param| param.tensor.tr());
    let expected = of_whole.mm(&projection.expect("it has one"));
    let off = (seen.narrow(0, 0, 1) - &expected)
        .abs()
        .max()
        .double_value(&[]);
    assert!(off < 1e-4 * expected.abs().max().double_value(&[]), "{off}");
    assert!(!seen.get(1).equal(&seen.get(2)));
}

#[test]
fn the_classes_judge_what_the_projection_keeps_of_a_view() {
    let model = looking(Net::ImageNetClasses);
    let weight = Tensor::linspace(-1.0, 1.0, CLASSES * FEATURES, (Kind::Float, Device::Cpu));
    let weight = (weight * 1e5).sin().view([CLASSES, FEATURES]) * 0.1;
    let chosen = Tensor::zeros([CLASSES], (Kind::Float, Device::Cpu));
    let _ = chosen.get(7).fill_(1.0);
    model.params.put(&[
        ("classes.weight".into(), weight.shallow_clone()),
        ("classes.chosen".into(), chosen),
    ]);
    let views = Tensor::linspace(
        -1.0,
        1.0,
        2 * efficientnet::PROJECTED,
        (Kind::Float, Device::Cpu),
    );
    let views = views.view([2, efficientnet::PROJECTED]);
    let logits = tch::no_grad(|| model.logits_of(&views)).expect("it has classes");
    let projection = model
        .params
        .iter()
        .find(|param| param.name == efficientnet::PROJECTION)
        .map(|param| param.tensor.shallow_clone());
    let classes = views.mm(&projection.expect("it has one")).mm(&weight.tr());
    let expected = classes.softmax(1, Kind::Double).select(1, 7);
    let told = (logits.select(1, 1) - logits.select(1, 0)).sigmoid();
    let off = (told.to_kind(Kind::Double) - expected)
        .abs()
        .max()
        .double_value(&[]);
    assert!(off < 1e-6, "{off}");
}
