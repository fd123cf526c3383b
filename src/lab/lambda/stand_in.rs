//! The lab's stand-in for AWS: a table with one row, a queue that keeps what is sent, and a spool in which nothing ever
//! is. It speaks as much of DynamoDB and of SQS as the probe does, checks no signature, and is nobody's model of either.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::loopback::{Answer, Request, Server};
use crate::probe::fleet::row::Row;

/// A running stand-in.
#[derive(Debug)]
pub(super) struct StandIn {
    address: SocketAddr,
    sent: Arc<Mutex<Vec<String>>>,
    _server: Server,
}

impl StandIn {
    /// With one page to watch.
    pub(super) fn start(at: TcpListener, row: Row) -> io::Result<Self> {
        let address = at.local_addr()?;
        let sent = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&sent);
        let server = Server::start(at, move |request| Some(answer(request, &row, &kept)))?;
        Ok(Self { address, sent, _server: server })
    }

    /// What the probe needs to know to find it.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let here = format!("http://{}", self.address);
        vec![
            ("AWS_ENDPOINT_URL", here.clone()),
            // Keys that open nothing, and no search for others.
            ("AWS_ACCESS_KEY_ID", "lab".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "lab".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("PARALLAX_HOME_REGION", "lab-home".to_owned()),
            ("PARALLAX_QUEUE_URL", format!("{here}/lab/queue")),
            ("PARALLAX_SPOOL_URL", format!("{here}/lab/spool")),
            ("PARALLAX_TARGETS_TABLE", "targets".to_owned()),
            ("PARALLAX_METHOD", "fresh".to_owned()),
            ("PARALLAX_EVERY_MINUTES", "1".to_owned()),
        ]
    }

    /// All messages since the last time this was asked.
    pub(super) fn sent(&self) -> Vec<String> {
        std::mem::take(&mut *self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn answer(request: &Request, row: &Row, sent: &Mutex<Vec<String>>) -> Answer {
    let asked: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let said = match request.call.as_str() {
        "DynamoDB_20120810.Scan" => {
            let item = json!({ "id": { "S": row.id }, "page": { "S": row.text } });
            json!({ "Items": [item], "Count": 1, "ScannedCount": 1 })
        }
        "AmazonSQS.SendMessageBatch" => {
            let entries = asked["Entries"].as_array().cloned().unwrap_or_default();
            let taken = |entry: &Value| json!({ "Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": "" });
            let texts = entries.iter().filter_map(|entry| entry["MessageBody"].as_str().map(str::to_owned));
            sent.lock().unwrap_or_else(PoisonError::into_inner).extend(texts);
            json!({ "Successful": entries.iter().map(taken).collect::<Vec<Value>>(), "Failed": [] })
        }
        "AmazonSQS.ReceiveMessage" => json!({}),
        other => {
            let message = format!("the lab's stand-in does not know {other}");
            let said = json!({ "__type": "com.amazon.coral.service#UnknownOperationException", "message": message });
            return spoken("400 Bad Request", &said);
        }
    };
    spoken("200 OK", &said)
}

fn spoken(status: &'static str, said: &Value) -> Answer {
    Answer::new(status, said.to_string()).with("Content-Type", "application/x-amz-json-1.0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(call: &str, body: &Value, sent: &Mutex<Vec<String>>) -> (&'static str, Value) {
        let row = Row { id: "page".to_owned(), text: "{}".to_owned() };
        let request = Request { call: call.to_owned(), body: body.to_string(), ..Request::default() };
        let Answer { status, body, .. } = answer(&request, &row, sent);
        (status, serde_json::from_str(&body).unwrap())
    }

    #[test]
    fn the_table_has_its_row_the_queue_keeps_what_is_sent_and_the_spool_nothing() {
        let sent = Mutex::default();
        let (status, table) = asked("DynamoDB_20120810.Scan", &json!({ "TableName": "targets" }), &sent);
        assert_eq!((status, &table["Items"][0]["id"]["S"]), ("200 OK", &json!("page")));
        let entries = json!({ "Entries": [{ "Id": "0", "MessageBody": "a" }, { "Id": "1", "MessageBody": "b" }] });
        let (_, taken) = asked("AmazonSQS.SendMessageBatch", &entries, &sent);
        assert_eq!((&taken["Successful"][1]["Id"], &taken["Failed"]), (&json!("1"), &json!([])));
        assert_eq!(*sent.lock().unwrap(), ["a", "b"]);
        assert_eq!(asked("AmazonSQS.ReceiveMessage", &json!({}), &sent), ("200 OK", json!({})));
    }

    #[test]
    fn what_the_probe_does_not_use_is_refused_by_its_name() {
        let (status, said) = asked("DynamoDB_20120810.PutItem", &json!({}), &Mutex::default());
        assert_eq!(status, "400 Bad Request");
        assert!(said["message"].as_str().unwrap().contains("PutItem"), "{said}");
    }
}
