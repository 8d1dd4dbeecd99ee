using System.Collections.Immutable;

namespace Bolt.Builds;

/// <summary>What a build may see of the machine that it runs on, and must not show in its result.</summary>
internal sealed record BuildSurroundings
{
    public static BuildSurroundings Usual { get; } = new();

    /// <summary>Where COPY reads instead of the context; null: the context itself.</summary>
    public string? Context { get; init; }

    /// <summary>Folders are read backwards.</summary>
    public bool Backwards { get; init; }

    /// <summary>Commands and compilers have one processor.</summary>
    public bool OneProcessor { get; init; }

    /// <summary>Variables of `dotnet publish`.</summary>
    public ImmutableDictionary<string, string> Variables { get; init; } = ImmutableDictionary<string, string>.Empty;
}
