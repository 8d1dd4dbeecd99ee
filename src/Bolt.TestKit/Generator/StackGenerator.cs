using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Bolt.TestKit.Generator;

/// <summary>A Boltfile that is to become a class.</summary>
/// <param name="File">It.</param>
/// <param name="Located">How the program finds it: its path below or above the project.</param>
/// <param name="Namespace">Of the class; empty: none.</param>
/// <param name="Class">Its name; empty: after the project of the file.</param>
internal readonly record struct WantedStack(AdditionalText File, string Located, string Namespace, string Class);

/// <summary>
/// Makes a class of each Boltfile among the additional files (items Boltfile, see build/Bolt.TestKit.targets), with a property for each
/// service, so that a service that is renamed there is an error of the compiler here.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class StackGenerator : IIncrementalGenerator
{
    /// <summary>Names of the steps, as the driver's report has them.</summary>
    public const string OutlineStep = "Outline", UniqueStep = "Unique";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var outlines = context.AdditionalTextsProvider.Combine(context.AnalyzerConfigOptionsProvider)
            .Select(static (pair, _) => Wanted(pair.Left, pair.Right))
            .Where(static wanted => wanted is not null)
            .Select(static (wanted, cancellation) => OutlineReader.Read(wanted!.Value, cancellation))
            .WithTrackingName(OutlineStep);
        var twins = outlines.Select(static (outline, _) => (outline.FullName, outline.Path)).Collect().Select(static (all, _) => Twins(all)).WithTrackingName(UniqueStep);
        context.RegisterSourceOutput(outlines.Combine(twins), static (output, pair) => Write(output, pair.Left, pair.Right));
    }

    private static void Write(SourceProductionContext output, StackOutline outline, ValueList<(string Path, string First, string Name)> twins)
    {
        foreach (var found in outline.Findings) output.ReportDiagnostic(StackDescriptors.Diagnostic(found));
        foreach (var (path, first, name) in twins)
        {
            if (path != outline.Path) continue;
            output.ReportDiagnostic(StackDescriptors.Diagnostic(new Finding(FindingKind.SameClass, path, 0, 0, 0, name, first)));
            return;
        }
        output.AddSource($"{outline.FullName}.g.cs", SourceText.From(StackSource.Write(outline), Encoding.UTF8));
    }

    private static ValueList<(string Path, string First, string Name)> Twins(ImmutableArray<(string FullName, string Path)> all) =>
        new([.. all.GroupBy(a => a.FullName).SelectMany(g => g.Skip(1).Select(later => (later.Path, g.First().Path, g.Key)))]);

    private static WantedStack? Wanted(AdditionalText file, AnalyzerConfigOptionsProvider all)
    {
        var own = all.GetOptions(file);
        if (!own.TryGetValue("build_metadata.AdditionalFiles.BoltStack", out var asked) || !bool.TryParse(asked, out var yes) || !yes) return null;
        // MSBuild cannot say "unless it has this metadata" of one item: the property's file has the property's class.
        if (!own.TryGetValue("build_metadata.AdditionalFiles.BoltStackClass", out var name) || name.Length == 0)
            name = file.Path == Path.GetFullPath(Path.Combine(Property(all, "ProjectDir"), Property(all, "Boltfile"))) ? Property(all, "BoltStackClass") : "";
        var space = Property(all, "BoltStackNamespace") is { Length: > 0 } set ? set : Property(all, "RootNamespace");
        return new WantedStack(file, Located(file.Path, Property(all, "ProjectDir")), space, name);
    }

    private static string Property(AnalyzerConfigOptionsProvider all, string name) =>
        all.GlobalOptions.TryGetValue("build_property." + name, out var value) ? value : "";

    // Test programs look for it in their own folder and all above: no path of the machine that compiled is in them.
    private static string Located(string path, string project)
    {
        var folder = project.TrimEnd('/', '\\');
        for (var above = folder; above is { Length: > 0 }; above = Path.GetDirectoryName(above))
        {
            if (path.StartsWith(above + Path.DirectorySeparatorChar, StringComparison.Ordinal)) return path.Substring(above.Length + 1).Replace('\\', '/');
        }
        return path;
    }
}
