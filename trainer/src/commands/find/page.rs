//! The list as a page of covers that needs nothing beside it.

use maud::{Markup, html};
use store::training::Find;

use super::list::List;
use crate::report::{self, image_source, is_web};

/// The page, with a preview for each find.
pub(super) fn render(list: &List, previews: &[Vec<u8>]) -> String {
    let content = html! {
        p { "By " (list.model) ", most certain first. " (list.rates_told()) }
        @if let Some(missed) = list.missed_told() { p { (missed) } }
        @if list.finds.is_empty() {
            p { "More labels help most: label some and run trainer fit again." }
        }
        ol.found {
            @for (find, preview) in list.finds.iter().zip(previews) { (tile(find, preview)) }
        }
    };
    report::page(&list.title(), &content)
}

fn tile(find: &Find, preview: &[u8]) -> Markup {
    let title = match find.title.is_empty() {
        true => &find.url,
        false => &find.title,
    };
    let percent = format!("{:.1}", find.probability * 100.0);
    let inside = html! {
        img src=(image_source(preview)) alt="" loading="lazy";
        span.bar { span style={ "width:" (percent) "%" } {} }
        span.title { (title) }
    };
    html! {
        li {
            @if is_web(&find.url) {
                a href=(find.url) rel="noreferrer noopener" target="_blank" title=(title) { (inside) }
            } @else {
                div title=(title) { (inside) }
            }
            p { (percent) " % · " (find.site) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::list::tests::list;
    use super::*;

    #[test]
    fn the_page_needs_nothing_beside_it_and_links_web_pages_only() {
        let preview = [vec![0xff, 0xd8, 0xff]];
        let page = render(&list("https://site.example/1?a=1&b=2", "<b>"), &preview);
        assert!(page.contains("href=\"https://site.example/1?a=1&amp;b=2\""));
        assert!(page.contains("data:image/jpeg;base64,/9j/") && page.contains("&lt;b&gt;"));
        for outside in ["<link", "<script", "@import", "src=\"http"] {
            assert!(!page.contains(outside), "{outside}");
        }
        let local = render(&list("javascript:alert(1)", "x"), &preview);
        assert!(!local.contains("href"));
    }
}
