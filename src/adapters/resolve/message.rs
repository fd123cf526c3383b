//! One question to a name server, and what an answer to it says.

use std::net::IpAddr;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, RecordType};

use crate::adapters::random;

/// More aliases in a row than this are taken for a circle.
const ALIASES_MAX: usize = 16;

/// A question, ready to be sent.
pub(super) struct Question {
    id: u16,
    name: Name,
    kind: RecordType,
    /// As it goes over the wire.
    pub(super) bytes: Vec<u8>,
}

/// What a server said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// At least one address.
    Addresses(Vec<IpAddr>),
    /// The name exists, without such an address.
    NoData,
    /// The name does not exist.
    NoName,
    /// The server cannot or will not say.
    Error(ResponseCode),
    /// Too long for a datagram.
    Truncated,
}

impl Question {
    /// Asks for `kind` of an absolute name; `None` if it cannot be a name (a part empty or over 63 bytes, over 255 in all).
    pub(super) fn new(name: &str, kind: RecordType) -> Option<Self> {
        let labels = name.split('.').map(str::as_bytes);
        if labels.clone().any(<[u8]>::is_empty) {
            return None;
        }
        let name = Name::from_labels(labels).ok()?;
        let id = u16::from_ne_bytes(random::bytes());
        let mut message = Message::new(id, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(name.clone(), kind));
        let bytes = message.to_vec().ok()?;
        Some(Self { id, name, kind, bytes })
    }

    /// Reads a datagram; `None` if it is no answer to this question, whoever sent it.
    pub(super) fn answer(&self, bytes: &[u8]) -> Option<Answer> {
        let message = Message::from_vec(bytes).ok()?;
        let about = &message.metadata;
        let [query] = message.queries.as_slice() else { return None };
        let fits = about.id == self.id
            && about.message_type == MessageType::Response
            && about.op_code == OpCode::Query
            && query.query_type == self.kind
            && query.query_class == DNSClass::IN
            && query.name.eq_ignore_root(&self.name);
        if !fits {
            return None;
        }
        Some(match about.response_code {
            _ if about.truncation => Answer::Truncated,
            ResponseCode::NoError => self.addresses(&message),
            ResponseCode::NXDomain => Answer::NoName,
            code => Answer::Error(code),
        })
    }

    fn addresses(&self, message: &Message) -> Answer {
        let mut owner = &self.name;
        for _ in 0..ALIASES_MAX {
            let mine = || message.answers.iter().filter(|record| record.name.eq_ignore_root(owner));
            let found: Vec<IpAddr> = mine().filter_map(|record| self.address(&record.data)).collect();
            if !found.is_empty() {
                return Answer::Addresses(found);
            }
            let alias = mine().find_map(|record| match &record.data {
                RData::CNAME(alias) => Some(&alias.0),
                _ => None,
            });
            match alias {
                Some(alias) => owner = alias,
                None => break,
            }
        }
        Answer::NoData
    }

    fn address(&self, data: &RData) -> Option<IpAddr> {
        match (self.kind, data) {
            (RecordType::A, RData::A(address)) => Some(IpAddr::V4(address.0)),
            (RecordType::AAAA, RData::AAAA(address)) => Some(IpAddr::V6(address.0)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::rr::Record;
    use hickory_proto::rr::rdata::{A, CNAME};

    fn reply(question: &Question, change: impl FnOnce(&mut Message)) -> Vec<u8> {
        let mut message = Message::from_vec(&question.bytes).unwrap();
        message.metadata.message_type = MessageType::Response;
        change(&mut message);
        message.to_vec().unwrap()
    }

    fn record(name: &str, data: RData) -> Record {
        Record::from_rdata(Name::from_ascii(name).unwrap(), 60, data)
    }

    #[test]
    fn names_that_cannot_be_are_not_asked_for() {
        for name in ["", ".", "a..b", ".a", "a.", &"x".repeat(64), &"abcdefgh.".repeat(40)] {
            assert!(Question::new(name, RecordType::A).is_none(), "{name}");
        }
        assert!(Question::new(&"x".repeat(63), RecordType::A).is_some());
    }

    #[test]
    fn only_an_answer_to_this_very_question_counts() {
        let question = Question::new("www.example", RecordType::A).unwrap();
        assert_eq!(question.answer(&question.bytes), None, "a question is no answer");
        assert_eq!(question.answer(&reply(&question, |m| m.metadata.id ^= 1)), None);
        assert_eq!(question.answer(&reply(&question, |m| m.queries.clear())), None);
        assert_eq!(question.answer(&reply(&question, |m| m.metadata.op_code = OpCode::Status)), None);
        let other = Query::query(Name::from_ascii("evil.example.").unwrap(), RecordType::A);
        assert_eq!(question.answer(&reply(&question, |m| m.queries = vec![other])), None);
        let other = Query::query(question.name.clone(), RecordType::AAAA);
        assert_eq!(question.answer(&reply(&question, |m| m.queries = vec![other])), None);
        let upper = Query::query(Name::from_ascii("WWW.example.").unwrap(), RecordType::A);
        assert_eq!(question.answer(&reply(&question, |m| m.queries = vec![upper])), Some(Answer::NoData));
    }

    #[test]
    fn aliases_are_followed_in_any_order_and_never_round_in_a_circle() {
        let question = Question::new("a.example", RecordType::A).unwrap();
        let alias = |from: &str, to: &str| record(from, RData::CNAME(CNAME(Name::from_ascii(to).unwrap())));
        let address = record("c.example.", RData::A(A::new(192, 0, 2, 7)));
        let answers = vec![address.clone(), alias("b.example.", "C.example."), alias("a.example.", "b.example.")];
        let found = question.answer(&reply(&question, |m| m.answers = answers));
        assert_eq!(found, Some(Answer::Addresses(vec!["192.0.2.7".parse().unwrap()])));
        let circle = vec![alias("a.example.", "b.example."), alias("b.example.", "a.example."), address];
        assert_eq!(question.answer(&reply(&question, |m| m.answers = circle)), Some(Answer::NoData));
        let foreign = vec![record("other.example.", RData::A(A::new(192, 0, 2, 7)))];
        assert_eq!(question.answer(&reply(&question, |m| m.answers = foreign)), Some(Answer::NoData));
    }

    #[test]
    fn an_answer_cut_off_at_any_byte_is_none() {
        let question = Question::new("www.example", RecordType::A).unwrap();
        let whole = reply(&question, |m| m.answers = vec![record("www.example.", RData::A(A::new(192, 0, 2, 7)))]);
        for end in 0..whole.len() {
            assert_eq!(question.answer(&whole[..end]), None, "{end}");
        }
        assert!(question.answer(&whole).is_some());
    }
}
