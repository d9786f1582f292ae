//! `sign`: this station's signature under packages, between two steps of a job; and
//! whose signature is under a package of others'.

use tram_exchange::{Hash, PublicKey};

use crate::bindings::sign::{Host, Seal, Signer, Station};
use crate::signing::{self, Wish};
use crate::state::{Failure, State};
use crate::{CallError, Error};

impl Host for State {
    fn this_station(&mut self) -> Result<Station, Failure> {
        self.gate("sign")?;
        let name = self.core.people.station().map_err(|error| station(&error.to_string()))?.school;
        let journal = &self.core.journal;
        Ok(Station { id: signing::station_id(journal), name, epoch: journal.head().epoch })
    }

    fn begin(&mut self, digest: Vec<u8>) -> Result<(), Failure> {
        self.gate("sign")?;
        let job = self.job.clone().ok_or_else(only_in_jobs)?;
        let wish = Wish { plugin: self.owner().to_owned(), digest: hash(&digest)? };
        Ok(signing::enter(self.writer()?, &job, &wish)?)
    }

    fn outcome(&mut self) -> Result<Option<Seal>, Failure> {
        self.gate("sign")?;
        let job = self.job.clone().ok_or_else(only_in_jobs)?;
        let Some(wish) = signing::read(self.reader()?, &job)? else { return Ok(None) };
        let (key, signature) = self.core.key.sign(&wish.plugin, &wish.digest).map_err(|error| key_fails(&error))?;
        Ok(Some(Seal { key: key.as_bytes().to_vec(), signature }))
    }

    fn verify(&mut self, digest: Vec<u8>, key: Vec<u8>, signature: Vec<u8>) -> Result<Signer, Failure> {
        self.gate("sign")?;
        let digest = hash(&digest)?;
        let key = PublicKey::from_bytes(key.try_into().map_err(|_| Failure::argument("a key has 32 bytes"))?);
        if !signing::fits(self.owner(), &digest, &key, &signature) {
            return Err(refusal(&tram_exchange::Error::Signature));
        }
        if self.core.key.public().map_err(|error| key_fails(&error))? == key {
            let own = self.this_station()?;
            return Ok(Signer { station: own.id, name: own.name, is_this: true });
        }
        let partner = self.core.people.partner(&key).map_err(|error| station(&error.to_string()))?;
        let partner = partner.ok_or_else(|| refusal(&tram_exchange::Error::Foreign))?;
        Ok(Signer { station: partner.station, name: partner.name, is_this: false })
    }
}

fn hash(bytes: &[u8]) -> Result<Hash, Failure> {
    let bytes = bytes.try_into().map_err(|_| Failure::argument("a hash has 32 bytes"))?;
    Ok(Hash::from_bytes(bytes))
}

fn refusal(error: &tram_exchange::Error) -> Failure {
    let text = error.text();
    Failure::answer(error.code(), text.get("vi"), text.get("en"))
}

fn station(reason: &str) -> Failure {
    Failure::End(CallError::Station { reason: reason.to_owned() })
}

fn key_fails(error: &Error) -> Failure {
    station(&format!("the exchange key: {error}"))
}

fn only_in_jobs() -> Failure {
    Failure::argument("signing works between the steps of a job, and nowhere else")
}
