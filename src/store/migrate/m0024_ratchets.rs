//! What each discussion is held to, by all that is in it: until then it was worked out of its newest ten messages.

use crate::store::{
    Error,
    record::{Discussion, Message, Proof, Ratchet, Record},
    writer::Tables,
};
use redb::{ReadableTable, WriteTransaction};

/// For a vault of before.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    over(&mut Tables::open(tx)?)
}

/// Writes every row anew. One that cannot be read stays as it is: it is told where it is shown, and locks nobody out.
pub(super) fn over(tables: &mut Tables<'_>) -> Result<(), Error> {
    let ids = tables.discussions.iter()?.map(|row| Ok(row?.0.value()));
    for id in ids.collect::<Result<Vec<u64>, Error>>()? {
        let value = tables.discussions.get(id)?.ok_or(Error::Damaged)?.value().to_vec();
        let Ok(row) = Discussion::decode(id, &value) else { continue };
        let row = Discussion {
            ratchet: ratchet(tables, id)?,
            ..row
        };
        tables.discussions.insert(id, row.encode(id)?.as_slice())?;
    }
    Ok(())
}

/// Of what stands in a discussion. A message that cannot be read holds nobody to anything.
fn ratchet(tables: &Tables<'_>, discussion: u64) -> Result<Ratchet, Error> {
    let mut ratchet = Ratchet::default();
    for row in tables
        .discussed
        .range((discussion, i64::MIN, 0)..=(discussion, i64::MAX, u64::MAX))?
    {
        let (_, received, id) = row?.0.value();
        let (Some(message), Some(proof)) = (tables.messages.get(id)?, tables.proofs.get(id)?) else {
            continue;
        };
        if let (Ok(message), Ok(proof)) = (Message::decode(id, message.value()), Proof::decode(id, proof.value())) {
            ratchet.met((received, id), proof.evidence().direction, message.padlock);
        }
    }
    Ok(ratchet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            padlock::Padlock,
            privacy::evidence::{Direction, Evidence},
        },
        store::schema::DISCUSSIONS,
    };
    use redb::{Database, ReadableDatabase};

    #[test]
    fn what_was_reached_long_ago_is_remembered() {
        let db = Database::builder()
            .create_with_backend(redb::backends::InMemoryBackend::new())
            .unwrap();
        super::super::migrate(&db).unwrap();
        let tx = db.begin_write().unwrap();
        {
            let mut tables = Tables::open(&tx).unwrap();
            for id in 1..=30 {
                let message = Message {
                    discussion: 7,
                    received: 100,
                    unread: false,
                    size: 0,
                    packed: 0,
                    hash: [0; 16],
                    index: None,
                    rules: 0,
                    padlock: if id == 2 { 2 } else { 0 },
                };
                let evidence = Evidence {
                    direction: if id == 1 { Direction::Out } else { Direction::In },
                    ..Evidence::default()
                };
                tables.messages.insert(id, message.encode(id).unwrap().as_slice()).unwrap();
                tables
                    .proofs
                    .insert(id, Proof::of(&evidence, None).encode(id).unwrap().as_slice())
                    .unwrap();
                tables.discussed.insert((7, 100, id), ()).unwrap();
            }
            let row = Discussion::default().encode(7).unwrap();
            tables.discussions.insert(7, row.as_slice()).unwrap();
            tables.discussions.insert(6, [255; 3].as_slice()).unwrap();
        }
        run(&tx).unwrap();
        tx.commit().unwrap();
        let rows = db.begin_read().unwrap().open_table(DISCUSSIONS).unwrap();
        let row = Discussion::decode(7, rows.get(7).unwrap().unwrap().value()).unwrap();
        assert_eq!(row.ratchet.padlock(), Padlock::Envelope);
        assert_eq!(rows.get(6).unwrap().unwrap().value(), [255; 3], "damaged, and left alone");

        // Rows of an export or a backup: those of before are filled, those of today are what they are.
        let tx = db.begin_write().unwrap();
        let mut tables = Tables::open(&tx).unwrap();
        let bare = Discussion::default().encode(7).unwrap();
        for (schema, held) in [(24, Padlock::default()), (23, Padlock::Envelope)] {
            tables.discussions.insert(7, bare.as_slice()).unwrap();
            super::super::fill(&mut tables, schema).unwrap();
            let row = Discussion::decode(7, tables.discussions.get(7).unwrap().unwrap().value()).unwrap();
            assert_eq!(row.ratchet.padlock(), held);
        }
    }
}
