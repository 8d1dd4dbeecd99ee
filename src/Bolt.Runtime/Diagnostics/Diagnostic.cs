namespace Bolt.Diagnostics;

/// <summary>How much a <see cref="Diagnostic"/> matters. An error stops the work that it names.</summary>
public enum Severity
{
    /// <summary>Worth knowing; nothing to do.</summary>
    Note,
    /// <summary>It goes on, but not quite as asked; the fix says what would change that.</summary>
    Warning,
    /// <summary>It does not go on.</summary>
    Error,
}

/// <summary>A place in a text file. Lines and columns count from 1; <paramref name="Length"/> is in UTF-16 units.</summary>
/// <param name="File">The path as the user gave it.</param>
/// <param name="Line">1-based line.</param>
/// <param name="Column">1-based column.</param>
/// <param name="Length">How many characters the caret line underlines; at least 1.</param>
/// <param name="LineText">The whole source line, without its line end.</param>
public sealed record SourceSpan(string File, int Line, int Column, int Length, string LineText);

/// <summary>
/// What is wrong, where, why, and the fix. The same record becomes terminal text, JSON, an MSBuild error and a test skip.
/// </summary>
/// <param name="Code">"BOLT" and four digits: 1xxx Boltfile, 2xxx images, packages and builds, 3xxx storage, 4xxx network,
/// 5xxx capsules, 6xxx surge and control, 7xxx identity, 9xxx what the host lacks. Never reused.</param>
/// <param name="Severity">Error, warning or note.</param>
/// <param name="Message">One sentence without a full stop; whatever a user typed stands in backticks.</param>
/// <param name="At">Where in which file, when the cause is text.</param>
/// <param name="Fix">A command or a literal edit; always set in 1xxx and 9xxx.</param>
/// <param name="Cause">What lies below, outermost first; printed as "because:" lines.</param>
public sealed record Diagnostic(
    string Code,
    Severity Severity,
    string Message,
    SourceSpan? At = null,
    string? Fix = null,
    Diagnostic? Cause = null);

/// <summary>The one exception of Bolt: an effect failed, and the diagnostic says which, why and what to do.</summary>
public sealed class BoltException(Diagnostic diagnostic, Exception? inner = null) : Exception(Sentence(diagnostic), inner)
{
    /// <summary>What failed.</summary>
    public Diagnostic Diagnostic { get; } = diagnostic;

    // The whole chain: a test runner or a log shows the message alone.
    private static string Sentence(Diagnostic diagnostic) =>
        diagnostic.Cause is { } cause ? $"{diagnostic.Message}: {Sentence(cause)}" : diagnostic.Message;
}
