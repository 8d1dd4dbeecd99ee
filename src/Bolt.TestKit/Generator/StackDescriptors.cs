using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Bolt.TestKit.Generator;

/// <summary>What the compiler says about a Boltfile. The first two are also Bolt's own, with the same words.</summary>
internal static class StackDescriptors
{
    private static readonly DiagnosticDescriptor Syntax = Of("BOLT1001", "The Boltfile is no TOML", "this is not TOML: {0} (fix: correct the syntax here)");

    private static readonly DiagnosticDescriptor Redefined = Of("BOLT1002", "A key is defined twice", "`{0}` is defined twice, first in line {1} (fix: keep one of the two)");

    private static readonly DiagnosticDescriptor SameMember = Of("BOLT1902", "Two services have one name in C#",
        "service `{0}` and service `{1}` would be the same property of the typed stack (fix: rename one of them)");

    private static readonly DiagnosticDescriptor SameClass = Of("BOLT1903", "Two Boltfiles make one class",
        "the class {0} is made from `{1}` already (fix: give one of the Boltfile items the metadata StackClass)");

    private static readonly DiagnosticDescriptor Unreadable = Of("BOLT1904", "The Boltfile cannot be read",
        "cannot read `{0}` (fix: check that it exists and is readable, or set the property Boltfile)");

    public static Diagnostic Diagnostic(Finding found)
    {
        var descriptor = found.Kind switch
        {
            FindingKind.Syntax => Syntax,
            FindingKind.Redefined => Redefined,
            FindingKind.SameMember => SameMember,
            FindingKind.SameClass => SameClass,
            _ => Unreadable,
        };
        var lines = new LinePositionSpan(new LinePosition(found.Line, found.Column), new LinePosition(found.Line, found.Column + found.Length));
        return Microsoft.CodeAnalysis.Diagnostic.Create(descriptor, Location.Create(found.Path, default, lines), found.What, found.Other);
    }

    private static DiagnosticDescriptor Of(string code, string title, string message) =>
        new(code, title, message, "Bolt", DiagnosticSeverity.Error, isEnabledByDefault: true, customTags: WellKnownDiagnosticTags.NotConfigurable);
}
