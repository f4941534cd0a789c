//! The tags of the demonstration: its owner has sorted a little, as one does.

use crate::{
    app::Appliance,
    domain::tag::{Colour, Name, System},
    service::{
        self,
        tags::{Made, Tags},
        timeline::Timeline,
        view::People,
    },
};

/// A tag: its name, its colour, its importance, and whose mail has it.
type Sorted = (&'static str, Colour, i8, &'static [&'static str]);

const TAGS: &[Sorted] = &[
    ("Famille", Colour::Rose, 4, &["Maman", "Mamie Jeanne"]),
    (
        "Amis",
        Colour::Green,
        2,
        &["Inès Benali", "Tom Whitaker", "Yann Le Goff", "Maggie Sullivan"],
    ),
];

/// Makes the tags, puts them on the cards of these people and on what they wrote.
pub(super) async fn sort(appliance: &Appliance) -> Result<(), service::Error> {
    let people = People::new(&appliance.front.addresses).ok_or(service::Error::NotFound)?;
    let spam = crate::service::spam::Spam::new(appliance.vault.clone(), Vec::new());
    let tags = Tags::new(appliance.vault.clone(), people.clone(), spam);
    let rows = Timeline::new(appliance.vault.clone(), people).page(1).await?.rows;
    // What Camille wrote came in by the door as well, so that there would be discussions; it is not mail of her house.
    tags.put_on_discussions(rows.iter().map(|row| row.id).collect(), System::Internal.id(), false)
        .await?;
    for (name, colour, importance, names) in TAGS {
        let Ok(name) = Name::parse(name) else { continue };
        let Made::Done(tag) = tags.create(&name, *colour, *importance).await? else {
            continue;
        };
        let theirs = rows.iter().filter(|row| row.list.is_none());
        let theirs: Vec<_> = theirs
            .filter(|row| {
                row.people
                    .iter()
                    .any(|person| person.known && names.contains(&person.name.as_str()))
            })
            .collect();
        for row in &theirs {
            for person in row.people.iter().filter(|person| names.contains(&person.name.as_str())) {
                tags.put_on_card(person.address.to_string(), tag).await?;
            }
        }
        tags.put_on_discussions(theirs.iter().map(|row| row.id).collect(), tag, true)
            .await?;
    }
    Ok(())
}
