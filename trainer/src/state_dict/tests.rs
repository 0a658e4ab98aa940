use proptest::prelude::*;

use super::*;

/// Writes the few instructions that the tests need.
#[derive(Default)]
struct Pickle(Vec<u8>);

impl Pickle {
    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn int(self, n: i32) -> Self {
        self.raw(b"J").raw(&n.to_le_bytes())
    }

    fn text(self, text: &str) -> Self {
        let length = u32::try_from(text.len()).unwrap();
        self.raw(b"X")
            .raw(&length.to_le_bytes())
            .raw(text.as_bytes())
    }

    fn ints(self, all: &[i32]) -> Self {
        let marked = self.raw(b"(");
        all.iter()
            .fold(marked, |pickle, n| pickle.int(*n))
            .raw(b"t")
    }

    /// A tensor over storage `key`.
    fn tensor(
        self,
        key: &str,
        kind: &str,
        count: i32,
        offset: i32,
        shape: &[i32],
        stride: &[i32],
    ) -> Self {
        self.raw(b"ctorch._utils\n_rebuild_tensor_v2\n((")
            .text("storage")
            .raw(format!("ctorch\n{kind}\n").as_bytes())
            .text(key)
            .text("cpu")
            .int(count)
            .raw(b"NtQ")
            .int(offset)
            .ints(shape)
            .ints(stride)
            .raw(b"\x89ccollections\nOrderedDict\n)RtR")
    }
}

fn header() -> Pickle {
    let magic = &MAGIC.to_le_bytes()[..10];
    Pickle::default()
        .raw(b"\x80\x02\x8a\x0a")
        .raw(magic)
        .raw(b".\x80\x02M\xe9\x03.\x80\x02}.")
}

/// A file of one 2×3 tensor whose rows are stored as columns, and a count of batches.
fn file() -> Vec<u8> {
    let dict = header()
        .raw(b"\x80\x02ccollections\nOrderedDict\n)Rq\x00(")
        .text("weight")
        .tensor("7", "FloatStorage", 6, 0, &[2, 3], &[1, 2])
        .text("num_batches_tracked")
        .tensor("8", "LongStorage", 1, 0, &[], &[])
        .raw(b"u}b.");
    let keys = dict.raw(b"\x80\x02](").text("7").text("8").raw(b"e.");
    let mut bytes = keys.raw(&6_i64.to_le_bytes()).0;
    for value in [1.0_f32, 4.0, 2.0, 5.0, 3.0, 6.0] {
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(1_i64.to_le_bytes());
    bytes.extend(99_i64.to_le_bytes());
    bytes
}

#[test]
fn permuted_strides_are_read_in_row_major_order() {
    let tensors = read(&file()).unwrap();
    let expected = NamedTensor {
        name: "weight".into(),
        shape: vec![2, 3],
        values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    };
    assert_eq!(tensors, [expected]);
}

#[test]
fn a_pickle_with_a_foreign_global_is_named_and_not_run() {
    let bytes = header()
        .raw(b"\x80\x02cposix\nsystem\n(X\x02\x00\x00\x00lstR.")
        .0;
    assert_eq!(
        read(&bytes),
        Err(StateDictError::Foreign("posix.system".into()))
    );
}

#[test]
fn instructions_that_no_state_dict_needs_are_refused() {
    // INST, OBJ, NEWOBJ, STACK_GLOBAL, EXT1, PERSID, BINBYTES
    for code in [b'i', b'o', 0x81, 0x93, 0x82, b'P', b'B'] {
        let bytes = header().raw(&[0x80, 0x02, code, 0, 0, b'.']).0;
        let refused = read(&bytes);
        assert!(
            matches!(refused, Err(StateDictError::Foreign(_))),
            "{code}: {refused:?}"
        );
    }
}

#[test]
fn a_tensor_that_reaches_outside_its_storage_is_refused() {
    for (offset, shape, stride) in [
        (1, [2, 3], [1, 2]),
        (0, [2, 3], [1, 3]),
        (0, [3, 3], [0, 0]),
    ] {
        let bytes = header()
            .raw(b"\x80\x02ccollections\nOrderedDict\n)R(")
            .text("w")
            .tensor("7", "FloatStorage", 6, offset, &shape, &stride)
            .raw(b"u.\x80\x02](")
            .text("7")
            .raw(b"e.")
            .raw(&6_i64.to_le_bytes())
            .raw(&[0; 24])
            .0;
        let refused = read(&bytes);
        assert!(
            matches!(refused, Err(StateDictError::Damaged(_))),
            "{refused:?}"
        );
    }
}

#[test]
fn other_files_are_told_apart() {
    assert_eq!(read(b"PK\x03\x04rest"), Err(StateDictError::Zipped));
    assert_eq!(read(b"<html>"), Err(StateDictError::NotLegacy));
    assert_eq!(read(b""), Err(StateDictError::NotLegacy));
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = file();
    for end in 0..whole.len() {
        assert!(read(&whole[..end]).is_err(), "cut at {end}");
    }
}

proptest! {
    #[test]
    fn a_damaged_byte_never_ends_in_a_panic(at in 0_usize..400, byte in any::<u8>()) {
        let mut bytes = file();
        let at = at % bytes.len();
        bytes[at] = byte;
        drop(read(&bytes));
    }

    #[test]
    fn random_instructions_never_end_in_a_panic(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(read(&header().raw(&tail).0));
    }
}
