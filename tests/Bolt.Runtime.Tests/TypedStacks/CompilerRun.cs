using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Bolt.TestKit.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Bolt.Runtime.Tests.TypedStacks;

/// <summary>A compiler with the generator in it, as far as it has come; each With… is the next keystroke.</summary>
internal sealed class CompilerRun
{
    public const string Boltfile = "/code/shop/Boltfile.toml";

    private static readonly ImmutableArray<MetadataReference> References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':').Select(p => MetadataReference.CreateFromFile(p))];

    private static readonly CSharpParseOptions Language = new(LanguageVersion.Latest, DocumentationMode.Diagnose);

    private readonly CSharpCompilation _before;
    private readonly Compilation _after;
    private readonly GeneratorDriver _driver;
    private readonly AdditionalText _file;

    private CompilerRun(CSharpCompilation code, GeneratorDriver driver, AdditionalText file)
    {
        (_before, _file) = (code, file);
        _driver = driver.RunGeneratorsAndUpdateCompilation(code, out _after, out var findings, TestContext.Current.CancellationToken);
        Findings = findings;
    }

    public ImmutableArray<Diagnostic> Findings { get; }

    public IEnumerable<Diagnostic> Errors => _after.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning);

    public IEnumerable<string> Sources => Result.GeneratedSources.Select(s => s.SourceText.ToString());

    public IEnumerable<IncrementalStepRunReason> OutputReasons => Result.TrackedOutputSteps.SelectMany(s => s.Value).SelectMany(r => r.Outputs).Select(o => o.Reason);

    public TimeSpan Elapsed => _driver.GetTimingInfo().GeneratorTimes.Single().ElapsedTime;

    private GeneratorRunResult Result => _driver.GetRunResult().Results.Single();

    public static CompilerRun Of(string boltfile, string code = "") => Of([new File(Boltfile, boltfile, "Stack")], code);

    public static CompilerRun Of(ImmutableArray<File> files, string code = "")
    {
        var driver = CSharpGeneratorDriver.Create(
            [new StackGenerator().AsSourceGenerator()], files, Language, new Options(), new GeneratorDriverOptions(default, trackIncrementalGeneratorSteps: true));
        var compilation = CSharpCompilation.Create("tests", [Parse(code)], References, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        return new CompilerRun(compilation, driver, files[0]);
    }

    public CompilerRun WithCode(string code) => new(_before.ReplaceSyntaxTree(_before.SyntaxTrees.Single(), Parse(code)), _driver, _file);

    public CompilerRun WithBoltfile(string text)
    {
        var file = new File(Boltfile, text, "Stack");
        return new CompilerRun(_before, _driver.ReplaceAdditionalText(_file, file), file);
    }

    public IEnumerable<IncrementalStepRunReason> Reasons(string step) => Result.TrackedSteps[step].SelectMany(r => r.Outputs).Select(o => o.Reason);

    private static SyntaxTree Parse(string code) => CSharpSyntaxTree.ParseText(code, Language, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>An additional file and the metadata of its item.</summary>
    public sealed class File(string path, string text, string className) : AdditionalText
    {
        public string Class => className;

        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }

    private sealed class Options : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } =
            new Values(new() { ["build_property.RootNamespace"] = "App", ["build_property.ProjectDir"] = "/code/shop/tests/" });

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => new Values([]);

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => new Values(new()
        {
            ["build_metadata.AdditionalFiles.BoltStack"] = "true",
            ["build_metadata.AdditionalFiles.BoltStackClass"] = ((File)textFile).Class,
        });
    }

    private sealed class Values(Dictionary<string, string> values) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, [NotNullWhen(true)] out string? value) => values.TryGetValue(key, out value);
    }
}
