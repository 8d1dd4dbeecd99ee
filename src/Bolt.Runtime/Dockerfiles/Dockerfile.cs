using System.Collections.Immutable;
using Bolt.Diagnostics;

namespace Bolt.Dockerfiles;

/// <summary>A Dockerfile as it is written: nothing is expanded yet, since that needs build arguments and the images below.</summary>
/// <param name="File">As the user gave it.</param>
/// <param name="Escape">The character that continues lines and escapes: a backslash or a backtick.</param>
/// <param name="Arguments">ARG before the first FROM.</param>
/// <param name="Stages">At least one when the file is good.</param>
internal sealed record Dockerfile(string File, char Escape, ImmutableArray<DockerInstruction.Arg> Arguments, ImmutableArray<DockerStage> Stages)
{
    /// <summary>The stage with this name (case does not matter) or number, among the first <paramref name="before"/> ones; null when there is none.</summary>
    public DockerStage? Find(string name, int before)
    {
        var named = Stages.Take(before).LastOrDefault(s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase));
        return named ?? (int.TryParse(name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var index) && index < Math.Min(before, Stages.Length)
            ? Stages[index] : null);
    }
}

/// <summary>One stage.</summary>
/// <param name="Index">From 0.</param>
/// <param name="Name">Lower case; null when it has none.</param>
internal sealed record DockerStage(int Index, string? Name, DockerInstruction.From From, ImmutableArray<DockerInstruction> Instructions)
{
    /// <summary>As messages call it.</summary>
    public string Title => Name ?? $"stage-{Index}";
}

/// <summary>A word that is still to be expanded.</summary>
internal sealed record DockerWord(string Raw, SourceSpan At);

/// <summary>NAME=value of ENV, LABEL and ARG; a null value is an ARG without a default.</summary>
internal sealed record DockerPair(DockerWord Name, DockerWord? Value);

/// <summary>A file that stands in the Dockerfile itself.</summary>
/// <param name="Expand">Its variables are expanded: its name was not quoted.</param>
internal sealed record Heredoc(string Name, string Content, bool Expand, SourceSpan At);

/// <summary>How a command is given.</summary>
internal abstract record DockerCommand
{
    /// <summary>Text for the stage's shell.</summary>
    public sealed record Shell(string Text) : DockerCommand;
    /// <summary>Arguments that no shell sees.</summary>
    public sealed record Exec(ImmutableArray<string> Arguments) : DockerCommand;
    /// <summary>A script in a heredoc: for the shell, or a program of its own when it begins with <c>#!</c>.</summary>
    public sealed record Script(Heredoc Text) : DockerCommand;
}
