//! The grammar of CQL 1.2; 1.1 is a part of it.

use super::Fault;
use super::lexer::{Token, tokens};

/// Parentheses deeper than this are refused: nobody writes them.
const MAX_DEPTH: usize = 50;
/// Clauses in a query at most.
const MAX_CLAUSES: usize = 200;

/// A parsed query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What to find.
    pub tree: Tree,
    /// `sortby` keys with their modifiers, in order.
    pub sort: Vec<(String, Vec<Modifier>)>,
}

/// What to find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// One index, relation and term.
    Clause(Clause),
    /// Two of them with a boolean between.
    Boolean {
        /// Which boolean.
        boolean: Boolean,
        /// Its modifiers.
        modifiers: Vec<Modifier>,
        /// Left of it.
        left: Box<Tree>,
        /// Right of it.
        right: Box<Tree>,
    },
}

/// `and`, `or`, `not`, `prox`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boolean {
    /// Both.
    And,
    /// At least one.
    Or,
    /// The left without the right.
    Not,
    /// Near each other.
    Prox,
}

/// Index, relation, term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// As written; `cql.serverchoice` when left out.
    pub index: String,
    /// How they are compared.
    pub relation: Relation,
    /// The term; backslashes still in it.
    pub term: String,
}

/// A relation with its modifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// In lower case: `=`, `any`, `cql.exact`…
    pub name: String,
    /// Modifiers.
    pub modifiers: Vec<Modifier>,
}

/// `/name` or `/name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modifier {
    /// In lower case.
    pub name: String,
    /// Comparison and value.
    pub value: Option<(String, String)>,
}

/// Parses a query.
///
/// # Errors
/// A [`Fault`] of the numbers 10 to 14, 27 and 38.
pub fn parse(query: &str) -> Result<Parsed, Fault> {
    let mut parser = Parser { tokens: tokens(query)?, at: 0, depth: 0, clauses: 0 };
    if parser.tokens.is_empty() {
        return Err(Fault::new(27, ""));
    }
    let tree = parser.query()?;
    let sort = parser.sort()?;
    match parser.peek() {
        None => Ok(Parsed { tree, sort }),
        Some(Token::Close) => Err(Fault::new(13, ")")),
        Some(_) => Err(Fault::new(10, parser.here())),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    clauses: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    /// The next word, for the detail of a fault.
    fn here(&self) -> String {
        match self.peek() {
            Some(Token::Word(text) | Token::Quoted(text)) => text.clone(),
            Some(Token::Comparison(sign)) => (*sign).to_owned(),
            Some(Token::Open) => "(".into(),
            Some(Token::Close) => ")".into(),
            Some(Token::Slash) => "/".into(),
            None => "end of the query".into(),
        }
    }

    fn query(&mut self) -> Result<Tree, Fault> {
        self.prefixes()?;
        let mut left = self.search_clause()?;
        while let Some(boolean) = self.boolean() {
            self.at += 1;
            let modifiers = self.modifiers()?;
            let right = self.search_clause()?;
            left = Tree::Boolean { boolean, modifiers, left: Box::new(left), right: Box::new(right) };
        }
        Ok(left)
    }

    /// `> dc = "info:srw/context-set/1/dc-v1.1"`: read, and the usual meaning kept.
    fn prefixes(&mut self) -> Result<(), Fault> {
        while self.peek() == Some(&Token::Comparison(">")) {
            self.at += 1;
            let mut text = self.text()?;
            if self.peek() == Some(&Token::Comparison("=")) {
                self.at += 1;
                text = self.text()?;
            }
            if text.is_empty() {
                return Err(Fault::new(10, ">"));
            }
        }
        Ok(())
    }

    fn text(&mut self) -> Result<String, Fault> {
        match self.next() {
            Some(Token::Word(text) | Token::Quoted(text)) => Ok(text),
            _ => {
                self.at -= 1;
                Err(Fault::new(10, self.here()))
            }
        }
    }

    fn boolean(&self) -> Option<Boolean> {
        let Some(Token::Word(word)) = self.peek() else {
            return None;
        };
        Some(match word.to_ascii_lowercase().as_str() {
            "and" => Boolean::And,
            "or" => Boolean::Or,
            "not" => Boolean::Not,
            "prox" => Boolean::Prox,
            _ => return None,
        })
    }

    fn search_clause(&mut self) -> Result<Tree, Fault> {
        if self.peek() == Some(&Token::Open) {
            self.at += 1;
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(Fault::new(38, "("));
            }
            let inside = self.query()?;
            if self.peek() != Some(&Token::Close) {
                return Err(Fault::new(13, self.here()));
            }
            self.at += 1;
            self.depth -= 1;
            return Ok(inside);
        }
        self.clauses += 1;
        if self.clauses > MAX_CLAUSES {
            return Err(Fault::new(38, self.clauses.to_string()));
        }
        if self.boolean().is_some() {
            return Err(Fault::new(10, self.here()));
        }
        let first = self.text()?;
        match self.relation()? {
            Some(relation) => {
                if first.is_empty() {
                    return Err(Fault::new(16, ""));
                }
                let term = self.text()?;
                Ok(Tree::Clause(Clause { index: first, relation, term }))
            }
            None => Ok(Tree::Clause(Clause {
                index: "cql.serverchoice".into(),
                relation: Relation { name: "scr".into(), modifiers: Vec::new() },
                term: first,
            })),
        }
    }

    /// A relation, when one stands here. A word is one only when a term follows,
    /// else `cat all` would have no meaning.
    fn relation(&mut self) -> Result<Option<Relation>, Fault> {
        let name = match self.peek() {
            Some(Token::Comparison(sign)) => (*sign).to_owned(),
            Some(Token::Word(word)) if self.boolean().is_none() && !is_sortby(word) => {
                let name = word.to_ascii_lowercase();
                let follows =
                    matches!(self.tokens.get(self.at + 1), Some(Token::Word(_) | Token::Quoted(_) | Token::Slash));
                if !follows {
                    return Err(Fault::new(10, word.clone()));
                }
                name
            }
            _ => return Ok(None),
        };
        self.at += 1;
        let modifiers = self.modifiers()?;
        Ok(Some(Relation { name, modifiers }))
    }

    fn modifiers(&mut self) -> Result<Vec<Modifier>, Fault> {
        let mut out = Vec::new();
        while self.peek() == Some(&Token::Slash) {
            self.at += 1;
            let name = self.text()?.to_ascii_lowercase();
            let value = match self.peek() {
                Some(Token::Comparison(sign)) => {
                    let sign = (*sign).to_owned();
                    self.at += 1;
                    Some((sign, self.text()?))
                }
                _ => None,
            };
            out.push(Modifier { name, value });
        }
        Ok(out)
    }

    fn sort(&mut self) -> Result<Vec<(String, Vec<Modifier>)>, Fault> {
        match self.peek() {
            Some(Token::Word(word)) if is_sortby(word) => self.at += 1,
            _ => return Ok(Vec::new()),
        }
        let mut keys = Vec::new();
        while self.peek().is_some_and(|t| !matches!(t, Token::Close)) {
            let key = self.text()?;
            let modifiers = self.modifiers()?;
            keys.push((key, modifiers));
        }
        if keys.is_empty() { Err(Fault::new(10, "sortby")) } else { Ok(keys) }
    }
}

fn is_sortby(word: &str) -> bool {
    word.eq_ignore_ascii_case("sortby")
}
