//! How many attributes the tag has that a page is in.
//!
//! A tokenizer compares each attribute with all that the tag has already: half a million of them
//! take minutes, and no look at the tree tells, because the tag is not there yet.

/// Elements whose contents are no markup.
const RAW: [&[u8]; 5] = [b"script", b"style", b"textarea", b"title", b"xmp"];

/// Where in a page its reader is, roughly as the standard's tokenizer has it.
#[derive(Debug, Default)]
pub struct Attributes {
    place: Place,
    /// Of the tag that was entered last, in lower case; its beginning.
    name: Vec<u8>,
    count: usize,
    /// The byte before this one.
    before: u8,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Place {
    #[default]
    Text,
    Name,
    Tag,
    /// In a value, until this quote.
    Value(u8),
    /// In an element of [`RAW`].
    Raw,
}

impl Attributes {
    /// Reads on; the most attributes that a tag had on the way.
    pub fn most(&mut self, piece: &str) -> usize {
        let counts = piece.bytes().map(|byte| {
            self.take(byte);
            self.before = byte;
            self.count
        });
        counts.max().unwrap_or(0)
    }

    fn take(&mut self, byte: u8) {
        match self.place {
            Place::Text | Place::Raw => self.outside(byte),
            Place::Name if byte.is_ascii_alphanumeric() => {
                self.name.push(byte.to_ascii_lowercase());
            }
            Place::Value(quote) => {
                if byte == quote {
                    self.place = Place::Tag;
                }
            }
            Place::Name | Place::Tag => self.inside(byte),
        }
    }

    fn outside(&mut self, byte: u8) {
        let raw = self.place == Place::Raw;
        let opens = self.before == b'<' && byte.is_ascii_alphabetic() && !raw;
        let closes = self.before == b'<' && byte == b'/' && raw;
        if opens {
            self.place = Place::Name;
            self.name = vec![byte.to_ascii_lowercase()];
            self.count = 0;
        } else if closes {
            // Of another element it is text, which is soon over.
            self.place = Place::Text;
            self.name.clear();
        }
    }

    fn inside(&mut self, byte: u8) {
        let blank = |byte: u8| byte.is_ascii_whitespace() || byte == b'/';
        self.place = match byte {
            b'>' if RAW.contains(&&self.name[..]) => Place::Raw,
            b'>' => Place::Text,
            b'"' | b'\'' if self.before == b'=' => Place::Value(byte),
            _ => Place::Tag,
        };
        if blank(self.before) && !blank(byte) && byte != b'>' {
            self.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_counted_wherever_a_page_is_cut_in_pieces() {
        let words = "word ".repeat(50);
        for (text, want) in [
            ("plain < text a b c".to_owned(), 0),
            (
                "<a b=1 c='x y z' d=\"a b > c\" e>text a b c d e".to_owned(),
                4,
            ),
            ("<br/><img src=x />".to_owned(), 1),
            (format!("<script>if(a<b){{ {words} }}</script><p a b>"), 2),
            (format!("<SCRIPT src=a>i<n; {words}</script>"), 1),
            (format!("<p {words}"), 50),
        ] {
            for size in [1, 7, text.len()] {
                let mut attributes = Attributes::default();
                let pieces = text.as_bytes().chunks(size);
                let pieces = pieces.map(|piece| std::str::from_utf8(piece).unwrap());
                let most = pieces.map(|piece| attributes.most(piece)).max();
                assert_eq!(most, Some(want), "{text}");
            }
        }
    }
}
