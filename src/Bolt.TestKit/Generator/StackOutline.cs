namespace Bolt.TestKit.Generator;

/// <summary>What of a Boltfile a typed stack shows: all else may change without a new class.</summary>
internal sealed record StackOutline(
    string Path, string Located, string Namespace, string Class, string Summary, ValueList<ServiceOutline> Services, ValueList<Finding> Findings)
{
    public string FullName => Namespace.Length == 0 ? Class : $"{Namespace}.{Class}";
}

/// <summary>One service.</summary>
/// <param name="Name">As the file has it.</param>
/// <param name="Member">As C# has it.</param>
/// <param name="Summary">Its comment in the file; empty: none.</param>
/// <param name="Source">`postgres`, `bolt://nginx`, `./api`; empty: unknown.</param>
internal sealed record ServiceOutline(string Name, string Member, string Summary, string Source);

/// <summary>Something wrong with the file; line and columns from 0.</summary>
internal sealed record Finding(FindingKind Kind, string Path, int Line, int Column, int Length, string What, string Other);

internal enum FindingKind
{
    Syntax,
    Redefined,
    SameMember,
    SameClass,
    Unreadable,
}
