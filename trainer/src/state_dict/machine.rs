//! The pickle machine, restricted: a stack, a memo, and the instructions of protocol 2 that
//! a state dict consists of. (Source of the instructions: Python's `pickletools`.)

use std::cell::RefCell;
use std::rc::Rc;

use super::StateDictError;

/// More than any net's state dict needs; a bound on what a hostile file can make us hold.
const MOST_VALUES: usize = 1 << 20;

/// What the values of a storage are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Float,
    Long,
}

impl Element {
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Float => 4,
            Self::Long => 8,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Storage {
    pub(super) element: Element,
    pub(super) key: Rc<str>,
    pub(super) count: usize,
}

/// A view of a storage; strides in elements.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    pub(super) storage: Storage,
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    pub(super) stride: Vec<usize>,
}

/// The globals that may be named, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    OrderedDict,
    RebuildTensor,
    Storage(Element),
}

type Entries = Rc<RefCell<Vec<(Value, Value)>>>;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i128),
    Text(Rc<str>),
    Tuple(Rc<[Value]>),
    List(Rc<RefCell<Vec<Value>>>),
    Dict(Entries),
    Global(Global),
    Storage(Storage),
    Tensor(Rc<View>),
    Mark,
}

type Step<T> = Result<T, StateDictError>;
const SHORT: StateDictError = StateDictError::Damaged("it ends too soon");
const EMPTY: StateDictError = StateDictError::Damaged("an instruction finds no value");

/// Reads one pickle after another from the same bytes.
pub(super) struct Machine<'a> {
    rest: &'a [u8],
    stack: Vec<Value>,
    memo: Vec<Value>,
    values: usize,
}

impl<'a> Machine<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            stack: Vec::new(),
            memo: Vec::new(),
            values: 0,
        }
    }

    /// What is behind the pickles read so far.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Runs one pickle to its end.
    pub(super) fn load(&mut self) -> Step<Value> {
        self.stack.clear();
        self.memo.clear();
        loop {
            let [code] = self.take()?;
            if code == b'.' {
                return self.pop();
            }
            self.step(code)?;
        }
    }

    fn step(&mut self, code: u8) -> Step<()> {
        match code {
            0x80 => self.take::<1>().map(drop),
            b'(' => self.push(Value::Mark),
            b'N' => self.push(Value::None),
            0x88 => self.push(Value::Bool(true)),
            0x89 => self.push(Value::Bool(false)),
            b'K' | b'M' | b'J' | 0x8a => self.integer(code),
            b'X' => self.text(),
            b']' => self.push(Value::List(Rc::default())),
            b'}' => self.push(Value::Dict(Rc::default())),
            b')' => self.push(Value::Tuple(Rc::new([]))),
            b't' | 0x85..=0x87 => self.tuple(code),
            b'a' | b'e' => self.append(code),
            b's' | b'u' => self.set_items(code),
            b'q' | b'r' => self.remember(code),
            b'h' | b'j' => self.recall(code),
            b'c' => self.global(),
            b'Q' => self.storage(),
            b'R' => self.reduce(),
            // Attributes of the dict, such as versions of its modules: of no use here.
            b'b' => self.pop().map(drop),
            other => Err(StateDictError::Foreign(format!(
                "the pickle instruction 0x{other:02x}"
            ))),
        }
    }

    fn integer(&mut self, code: u8) -> Step<()> {
        let value = match code {
            b'K' => i128::from(self.take::<1>()?[0]),
            b'M' => i128::from(u16::from_le_bytes(self.take()?)),
            b'J' => i128::from(i32::from_le_bytes(self.take()?)),
            _ => {
                let length = usize::from(self.take::<1>()?[0]);
                long(self.slice(length)?)?
            }
        };
        self.push(Value::Int(value))
    }

    fn text(&mut self) -> Step<()> {
        let length = u32::from_le_bytes(self.take()?) as usize;
        let text = std::str::from_utf8(self.slice(length)?);
        let text = text.map_err(|_| StateDictError::Damaged("a name is no text"))?;
        self.push(Value::Text(text.into()))
    }

    fn tuple(&mut self, code: u8) -> Step<()> {
        let items = match code {
            b't' => self.since_mark()?,
            _ => self.top(usize::from(code - 0x84))?,
        };
        self.push(Value::Tuple(items.into()))
    }

    fn append(&mut self, code: u8) -> Step<()> {
        let items = if code == b'a' {
            self.top(1)?
        } else {
            self.since_mark()?
        };
        match self.stack.last() {
            Some(Value::List(list)) => {
                list.borrow_mut().extend(items);
                Ok(())
            }
            _ => Err(EMPTY),
        }
    }

    fn set_items(&mut self, code: u8) -> Step<()> {
        let items = if code == b's' {
            self.top(2)?
        } else {
            self.since_mark()?
        };
        let Some(Value::Dict(dict)) = self.stack.last() else {
            return Err(EMPTY);
        };
        for pair in items.chunks(2) {
            let [key, value] = pair else {
                return Err(EMPTY);
            };
            dict.borrow_mut().push((key.clone(), value.clone()));
        }
        Ok(())
    }

    fn remember(&mut self, code: u8) -> Step<()> {
        let at = self.index(code == b'q')?;
        // Writers number the memo without gaps; a gap would let a small file ask for much memory.
        if at > self.memo.len() {
            return Err(StateDictError::Damaged("its memo has a gap"));
        }
        let value = self.stack.last().ok_or(EMPTY)?.clone();
        self.memo.truncate(at);
        self.memo.push(value);
        Ok(())
    }

    fn recall(&mut self, code: u8) -> Step<()> {
        let at = self.index(code == b'h')?;
        let value = self.memo.get(at).ok_or(EMPTY)?.clone();
        self.push(value)
    }

    fn index(&mut self, short: bool) -> Step<usize> {
        Ok(if short {
            usize::from(self.take::<1>()?[0])
        } else {
            u32::from_le_bytes(self.take()?) as usize
        })
    }

    fn global(&mut self) -> Step<()> {
        let (module, name) = (self.line()?, self.line()?);
        let global = match (module, name) {
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Global::RebuildTensor,
            ("torch", "FloatStorage") => Global::Storage(Element::Float),
            ("torch", "LongStorage") => Global::Storage(Element::Long),
            _ => return Err(StateDictError::Foreign(format!("{module}.{name}"))),
        };
        self.push(Value::Global(global))
    }

    /// A persistent id: ('storage', type, key, device, element count, view).
    fn storage(&mut self) -> Step<()> {
        let id = self.pop()?;
        let Value::Tuple(parts) = &id else {
            return Err(EMPTY);
        };
        let [
            Value::Text(kind),
            Value::Global(Global::Storage(element)),
            Value::Text(key),
            _,
            Value::Int(count),
            Value::None,
        ] = &parts[..]
        else {
            return Err(StateDictError::Damaged("a storage is not described as one"));
        };
        if kind.as_ref() != "storage" {
            return Err(StateDictError::Damaged("a storage is not described as one"));
        }
        let storage = Storage {
            element: *element,
            key: key.clone(),
            count: size(*count)?,
        };
        self.push(Value::Storage(storage))
    }

    fn reduce(&mut self) -> Step<()> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let Value::Tuple(arguments) = arguments else {
            return Err(EMPTY);
        };
        match function {
            Value::Global(Global::OrderedDict) if arguments.is_empty() => {
                self.push(Value::Dict(Rc::default()))
            }
            Value::Global(Global::RebuildTensor) => {
                let view = view(&arguments)?;
                self.push(Value::Tensor(Rc::new(view)))
            }
            _ => Err(StateDictError::Foreign(
                "a call of something that is no tensor".into(),
            )),
        }
    }

    fn push(&mut self, value: Value) -> Step<()> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return Err(StateDictError::Damaged("it has more parts than any net"));
        }
        self.stack.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Step<Value> {
        self.stack.pop().ok_or(EMPTY)
    }

    fn top(&mut self, count: usize) -> Step<Vec<Value>> {
        let from = self.stack.len().checked_sub(count).ok_or(EMPTY)?;
        Ok(self.stack.split_off(from))
    }

    fn since_mark(&mut self) -> Step<Vec<Value>> {
        let mark = self
            .stack
            .iter()
            .rposition(|value| *value == Value::Mark)
            .ok_or(EMPTY)?;
        let items = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(items)
    }

    fn take<const N: usize>(&mut self) -> Step<[u8; N]> {
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or(SHORT)?;
        self.rest = tail;
        Ok(*head)
    }

    fn slice(&mut self, length: usize) -> Step<&'a [u8]> {
        let (head, tail) = self.rest.split_at_checked(length).ok_or(SHORT)?;
        self.rest = tail;
        Ok(head)
    }

    fn line(&mut self) -> Step<&'a str> {
        let end = self
            .rest
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or(SHORT)?;
        let line = self.slice(end)?;
        self.slice(1)?;
        std::str::from_utf8(line).map_err(|_| StateDictError::Damaged("a name is no text"))
    }
}

/// Little-endian two's complement of at most 16 bytes.
fn long(bytes: &[u8]) -> Step<i128> {
    let Some(last) = bytes.last() else {
        return Ok(0);
    };
    let fill = if last & 0x80 == 0 { 0 } else { 0xff };
    let mut wide = [fill; 16];
    let part = wide.get_mut(..bytes.len());
    part.ok_or(StateDictError::Damaged("a number is too long"))?
        .copy_from_slice(bytes);
    Ok(i128::from_le_bytes(wide))
}

fn size(value: i128) -> Step<usize> {
    usize::try_from(value).map_err(|_| StateDictError::Damaged("a size is negative or too large"))
}

/// `_rebuild_tensor_v2(storage, offset, shape, stride, requires_grad, hooks)`.
fn view(arguments: &[Value]) -> Step<View> {
    let [
        Value::Storage(storage),
        Value::Int(offset),
        Value::Tuple(shape),
        Value::Tuple(stride),
        ..,
    ] = arguments
    else {
        return Err(StateDictError::Damaged("a tensor is not described as one"));
    };
    let sizes = |values: &[Value]| -> Step<Vec<usize>> {
        let one = |value: &Value| match value {
            Value::Int(n) => size(*n),
            _ => Err(StateDictError::Damaged("a tensor's shape is no numbers")),
        };
        values.iter().map(one).collect()
    };
    let (shape, stride) = (sizes(shape)?, sizes(stride)?);
    if shape.len() != stride.len() || shape.len() > 8 {
        return Err(StateDictError::Damaged(
            "a tensor's shape and strides differ in length",
        ));
    }
    Ok(View {
        storage: storage.clone(),
        offset: size(*offset)?,
        shape,
        stride,
    })
}
