//! From text to a tree of elements, in bounded time.
//!
//! A tree builder looks through all open elements for every new one, and opens unclosed `<b>` and
//! `<font>` anew in every paragraph, as the standard has it: without bounds 200 KB of `<div>` take
//! seconds, and 80 KB of `<font>` and `<p>` gigabytes. Within them the worst page of eight
//! megabytes takes a second. Browsers cut such pages short, too.

use html5ever::driver::{Parser, parse_document};
use html5ever::tendril::{StrTendril, TendrilSink};
use scraper::{Html, HtmlTreeSink};

use super::attributes::Attributes;

/// Text between two looks at the tree, in bytes.
const PIECE: usize = 2048;
/// Elements within one another. Pages of sites have some thirty.
const DEEPEST: usize = 256;
/// Elements and texts of a page.
const MOST_NODES: usize = 200_000;
/// Attributes of a tag. Those of pages have some ten.
const MOST_ATTRIBUTES: usize = 1000;

/// Reads a page as far as it stays within the bounds: what it says of its video stands at its
/// beginning.
pub fn parse(text: &str) -> Html {
    let mut parser = parse_document(HtmlTreeSink::new(Html::new_document()), Default::default());
    let mut attributes = Attributes::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        if attributes.most(piece) > MOST_ATTRIBUTES {
            break;
        }
        parser.process(StrTendril::from(piece));
        rest = after;
        if is_beyond(&parser) {
            break;
        }
    }
    parser.finish()
}

fn is_beyond(parser: &Parser<HtmlTreeSink>) -> bool {
    let page = parser.tokenizer.sink.sink.0.borrow();
    let mut nodes = page.tree.nodes();
    nodes.len() > MOST_NODES
        || nodes
            .next_back()
            .is_some_and(|last| last.ancestors().take(DEEPEST).count() >= DEEPEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_within_the_bounds_is_read_as_it_is() {
        let text = format!(
            "<title>猫</title>{}",
            "<p class=x>one <b>two</b> 三 &amp;".repeat(2000)
        );
        let whole = Html::parse_document(&text);
        assert_eq!(parse(&text).html(), whole.html());
        assert_eq!(parse("").html(), Html::parse_document("").html());
    }

    #[test]
    fn a_page_nested_without_end_is_read_at_its_beginning() {
        let head = "<meta property=og:image content=/1.jpg>";
        for flood in [
            "<div>",
            "<font size=1><p>",
            "<b><table>",
            "<a href=x><li>",
            "<i><p>x",
        ] {
            let text = [head, &flood.repeat((8 << 20) / flood.len())].concat();
            let page = parse(&text);
            assert!(page.html().contains("og:image"), "{flood}");
            let nodes = page.tree.nodes().len();
            assert!(nodes < 2 * MOST_NODES, "{nodes} of {flood}");
        }
        let numbered: String = (0..4000).map(|n| format!("<font size={n}>")).collect();
        let text = [head, &numbered, &"<p>x".repeat(20_000)].concat();
        assert!(parse(&text).tree.nodes().len() < 2 * MOST_NODES);
    }

    #[test]
    fn a_tag_of_attributes_without_end_ends_the_page() {
        let head = "<meta property=og:image content=/1.jpg>";
        let flood: String = (0..1_000_000).map(|n| format!("a{n} ")).collect();
        let page = parse(&format!("{head}<p>x<a {flood}>")).html();
        assert!(
            page.contains("og:image") && !page.contains("a2000"),
            "{}",
            page.len()
        );
    }

    proptest! {
        #[test]
        fn any_text_is_a_page(text in "(<(/?(div|p|b|table|td|svg|template|script)|!--)>?|[a-z猫&; ]){0,40}") {
            prop_assert_eq!(parse(&text).html(), Html::parse_document(&text).html());
        }
    }
}
