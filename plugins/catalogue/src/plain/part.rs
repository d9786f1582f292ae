//! The parts of a title as people speak of them.

/// Declares the parts in the order of the form, each with its name in forms and in the
/// mappings of spreadsheets.
macro_rules! parts {
    ($($(#[$doc:meta])+ $part:ident = $name:literal;)+) => {
        /// A part of a title.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Part {
            $($(#[$doc])+ $part,)+
        }

        impl Part {
            /// All, in the order of the form.
            pub const ALL: &[Self] = &[$(Self::$part),+];

            /// The name in forms and mappings.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$part => $name,)+
                }
            }
        }
    };
}

parts! {
    /// Title proper.
    Title = "title";
    /// Rest of the title.
    Subtitle = "subtitle";
    /// Number of the part or volume.
    Volume = "volume";
    /// Who is named on the title page, as there.
    Responsibility = "responsibility";
    /// Main author.
    Author = "author";
    /// The author's years of life.
    AuthorDates = "author-dates";
    /// Others, one a line: `Name | role`.
    Contributors = "contributors";
    /// Title of the original.
    Original = "original";
    /// Edition.
    Edition = "edition";
    /// Place of publication.
    Place = "place";
    /// Publisher.
    Publisher = "publisher";
    /// Year.
    Year = "year";
    /// Pages.
    Pages = "pages";
    /// Height.
    Size = "size";
    /// Series.
    Series = "series";
    /// Number in the series.
    SeriesNumber = "series-number";
    /// ISBNs, one a line.
    Isbn = "isbn";
    /// Price.
    Price = "price";
    /// Language, its MARC code.
    Language = "language";
    /// Language it was translated from.
    TranslatedFrom = "translated-from";
    /// Dewey number.
    Dewey = "ddc";
    /// Number of the school's own scheme.
    LocalClass = "class";
    /// Subjects, one a line.
    Subjects = "subjects";
    /// Kinds, one a line (`sách giáo khoa`).
    Genres = "genres";
    /// Summary.
    Summary = "summary";
    /// For whom it is.
    Audience = "audience";
    /// Notes, one a line.
    Notes = "notes";
}

impl Part {
    /// The part of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|part| part.name() == name)
    }
}
