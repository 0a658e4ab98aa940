//! `CSS@ATTRIBUTE|ATTRIBUTE`: what is taken of an element, its first attribute that says
//! something, or its text. Without CSS it is the element that is looked at already.

use std::str::FromStr;

use scraper::{ElementRef, Html, Selector};
use serde::{Deserialize, Serialize};

/// A selector of a profile.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Pick {
    text: String,
    css: Option<Selector>,
    attributes: Vec<String>,
}

impl Pick {
    /// Every element of the page.
    pub fn elements<'a>(&'a self, page: &'a Html) -> Box<dyn Iterator<Item = ElementRef<'a>> + 'a> {
        match &self.css {
            Some(css) => Box::new(page.select(css)),
            None => Box::new(std::iter::once(page.root_element())),
        }
    }

    /// What the first element within `item` that says something says.
    pub fn within(&self, item: ElementRef<'_>) -> Option<String> {
        match &self.css {
            Some(css) => item.select(css).find_map(|element| self.say(element)),
            None => self.say(item),
        }
    }

    /// The same of the page.
    pub fn first(&self, page: &Html) -> Option<String> {
        self.elements(page).find_map(|element| self.say(element))
    }

    /// What all elements say.
    pub fn all(&self, page: &Html) -> Vec<String> {
        self.elements(page)
            .filter_map(|element| self.say(element))
            .collect()
    }

    fn say(&self, element: ElementRef<'_>) -> Option<String> {
        let said = match self.attributes.is_empty() {
            true => Some(element.text().collect()),
            false => self.attributes.iter().find_map(|name| {
                let value = element.value().attr(name).map(str::trim);
                let value = value.filter(|text| !text.is_empty())?;
                match name.as_str() {
                    "srcset" | "data-srcset" => widest(value),
                    _ => Some(value.to_owned()),
                }
            }),
        };
        said.filter(|text: &String| !text.trim().is_empty())
    }
}

/// Of a `srcset` the address with the greatest width or density. A comma ends a candidate
/// behind its size, or right behind an address that has none.
fn widest(srcset: &str) -> Option<String> {
    let mut words = srcset.split_whitespace().filter(|word| *word != ",");
    let mut widest: Option<(f64, &str)> = None;
    while let Some(address) = words.next() {
        let alone = address.ends_with(',');
        let size = if alone { None } else { words.next() };
        let size = size.and_then(|text| {
            text.trim_end_matches(',')
                .trim_end_matches(['w', 'x'])
                .parse()
                .ok()
        });
        let size = size.unwrap_or(1.0);
        if widest.is_none_or(|(other, _)| size > other) {
            widest = Some((size, address.trim_end_matches(',')));
        }
    }
    widest.map(|(_, address)| address.to_owned())
}

impl FromStr for Pick {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("the selector `{text}` is not understood: {why}");
        let (css, attributes) = match text.rsplit_once('@') {
            Some((css, names)) => (css.trim(), names.split('|').map(str::to_owned).collect()),
            None => (text.trim(), Vec::new()),
        };
        if attributes.iter().any(String::is_empty) {
            return Err(wrong("an attribute is missing behind the @"));
        }
        let css = match css {
            "" => None,
            css => Some(Selector::parse(css).map_err(|error| wrong(&error.to_string()))?),
        };
        Ok(Self {
            text: text.to_owned(),
            css,
            attributes,
        })
    }
}

impl TryFrom<String> for Pick {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Pick> for String {
    fn from(pick: Pick) -> Self {
        pick.text
    }
}

impl PartialEq for Pick {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pick {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_attribute_that_says_something_is_taken_else_the_text() {
        let page = Html::parse_document(
            "<ul><li data-id='7'><img data-src='' src='a.jpg'><b> one </b></li>
             <li><img srcset='s.jpg 100w, m.jpg 800w, l.jpg 320w' src='x.jpg'></li></ul>",
        );
        let first = |pick: &str| pick.parse::<Pick>().unwrap().first(&page);
        for (pick, want) in [
            ("img@data-src|src", Some("a.jpg")),
            ("li:nth-child(2) img@srcset|src", Some("m.jpg")),
            ("li@data-id", Some("7")),
            ("b", Some(" one ")),
            ("i", None),
            ("img@alt", None),
        ] {
            assert_eq!(first(pick).as_deref(), want, "{pick}");
        }
        let items: Pick = "li".parse().unwrap();
        let own: Pick = "@data-id".parse().unwrap();
        let said: Vec<_> = items.elements(&page).map(|li| own.within(li)).collect();
        assert_eq!(said, [Some("7".to_owned()), None]);
    }

    #[test]
    fn a_source_set_gives_its_widest() {
        for (set, want) in [
            ("a.jpg", "a.jpg"),
            ("a.jpg 1x, b.jpg 2x", "b.jpg"),
            ("a.jpg 800w, b.jpg 40w", "a.jpg"),
            ("a,b.jpg 1x,\n c.jpg 1.5x", "c.jpg"),
            ("a.jpg, b.jpg 2x", "b.jpg"),
        ] {
            assert_eq!(widest(set).as_deref(), Some(want), "{set}");
        }
    }
}
