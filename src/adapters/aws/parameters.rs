//! AWS Systems Manager's parameters: the values of request headers, decrypted.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_ssm::Client;

use super::failure::{self, Failure, Kind};
use crate::probe::target::Secret;

/// The most names that one call takes.
const NAMES_MAX: usize = 10;
const ACTION: &str = "ssm:GetParameters";

/// The parameters of one account and region.
#[derive(Clone, Debug)]
pub struct Parameters {
    client: Client,
}

/// What became of each name: its value, or why there is none.
pub type Values = BTreeMap<String, Result<Secret, Failure>>;

impl Parameters {
    /// Those of the configuration's account and region.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Asks for all of them, ten in a call; a name that is refused takes no other with it.
    pub async fn values(&self, names: impl IntoIterator<Item = String>) -> Values {
        let names: Vec<String> = names.into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
        let mut values = Values::new();
        for chunk in names.chunks(NAMES_MAX) {
            match self.call(chunk).await {
                Ok(found) => values.extend(found),
                // One name that may not be read has the whole call denied, and one that is no name has it refused.
                Err(Failure { kind: Kind::Denied | Kind::Refused, .. }) if chunk.len() > 1 => {
                    for name in chunk {
                        values.extend(self.alone(name).await);
                    }
                }
                Err(failure) => values.extend(chunk.iter().map(|name| (name.clone(), Err(of(name, failure.clone()))))),
            }
        }
        values
    }

    async fn alone(&self, name: &String) -> Values {
        match self.call(std::slice::from_ref(name)).await {
            Ok(found) => found,
            Err(failure) => Values::from([(name.clone(), Err(of(name, failure)))]),
        }
    }

    async fn call(&self, names: &[String]) -> Result<Values, Failure> {
        let call = self.client.get_parameters().set_names(Some(names.to_vec())).with_decryption(true);
        let output = call.send().await.map_err(|error| failure::of(ACTION, names.join(" "), &error))?;
        let mut values = Values::new();
        for parameter in output.parameters.unwrap_or_default() {
            if let (Some(name), Some(value)) = (parameter.name, parameter.value) {
                values.insert(name, Ok(Secret::new(value)));
            }
        }
        for name in names {
            values.entry(name.clone()).or_insert_with(|| {
                Err(Failure { action: ACTION, resource: name.clone(), kind: Kind::Missing, detail: String::new() })
            });
        }
        Ok(values)
    }
}

fn of(name: &str, failure: Failure) -> Failure {
    Failure { resource: name.to_owned(), ..failure }
}
