using System.Xml.Linq;
using Bolt.Runtime.Tests.Tidy;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Bolt.Runtime.Tests.Reference;

/// <summary>Codes, what they say and what they tell to do, from the rooms' sentences.</summary>
internal static class CodePage
{
    private sealed record Sentence(string Code, string Severity, string Says, string Fix);

    private static readonly (char First, string About)[] Groups =
    [
        ('1', "The Boltfile"), ('2', "Images, registries, packages, builds, trust"), ('3', "Storage"), ('4', "Networks"), ('5', "Capsules and the OCI runtime"),
        ('6', "Stacks, owners, the tool"), ('9', "What the host lacks"),
    ];

    public static string Write()
    {
        var all = Repository.Sources("src").Where(f => f.EndsWith("Errors.cs", StringComparison.Ordinal) || f.EndsWith("StackDescriptors.cs", StringComparison.Ordinal))
            .SelectMany(Sentences).Concat(OfTargets()).GroupBy(s => s.Code).OrderBy(g => g.Key, StringComparer.Ordinal).ToList();
        var page = new Page("Codes of errors and warnings", "the sentences in the sources");
        page.Line("In the terminal, in `--json`, in a build's log and in test reports a problem has the same code. `…` stands for what differs from case to case.").Line();
        foreach (var (first, about) in Groups)
        {
            page.Line($"## {first}xxx: {about}").Line();
            page.Table(["code", "", "says", "fix"], all.Where(g => g.Key[4] == first)
                .Select(g => (string[])[$"`{g.Key}`", g.First().Severity, string.Join(" / ", g.Select(s => s.Says).Distinct()), string.Join(" / ", g.Select(s => s.Fix).Where(f => f.Length > 0).Distinct())]));
        }
        return page.ToString();
    }

    // new("BOLT6001", Severity.Error, message, at, fix…), Error("BOLT2001", message, fix…), new Diagnostic(…), Warning(…)
    private static IEnumerable<Sentence> Sentences(string file)
    {
        var root = CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot();
        // Codes that others compare with have names.
        var named = root.DescendantNodes().OfType<FieldDeclarationSyntax>().SelectMany(f => f.Declaration.Variables)
            .Where(v => IsCode(v.Initializer?.Value)).ToDictionary(v => v.Identifier.Text, v => CodeOf(v.Initializer!.Value));
        foreach (var expression in root.DescendantNodes().OfType<ExpressionSyntax>().Where(e => IsCode(e) || e is IdentifierNameSyntax { Identifier.Text: var name } && named.ContainsKey(name)))
        {
            var code = IsCode(expression) ? CodeOf(expression) : named[expression.ToString()];
            // A choice between two codes, or a switch, is one argument.
            if (expression.Ancestors().OfType<ArgumentSyntax>().FirstOrDefault() is not { Parent: ArgumentListSyntax { Arguments: var arguments } list }) continue;
            var texts = arguments.Skip(1).Select(a => Text(a.Expression)).Where(t => t.Length > 0).ToList();
            var called = list.Parent is InvocationExpressionSyntax { Expression: var name } ? name.ToString() : "";
            var severity = arguments.Select(a => a.Expression.ToString()).FirstOrDefault(a => a.StartsWith("Severity.", StringComparison.Ordinal))?[9..].ToLowerInvariant()
                ?? (called.Contains("Warn", StringComparison.Ordinal) ? "warning" : called.Contains("Note", StringComparison.Ordinal) ? "note" : "error");
            yield return new Sentence(code, severity, texts.FirstOrDefault() ?? "…", texts.Count > 1 ? texts[^1] : "");
        }
    }

    private static bool IsCode(ExpressionSyntax? expression) => expression is LiteralExpressionSyntax { Token.Value: string { Length: 8 } text } && text.StartsWith("BOLT", StringComparison.Ordinal);

    private static string CodeOf(ExpressionSyntax literal) => (string)((LiteralExpressionSyntax)literal).Token.Value!;

    private static IEnumerable<Sentence> OfTargets() => XDocument.Load(Path.Combine(Repository.Root, "src/Bolt.MSBuild/build/Bolt.MSBuild.targets")).Descendants("Error")
        .Select(e => (Code: e.Attribute("Code")!.Value, Parts: e.Attribute("Text")!.Value.Split(" (fix: ", 2)))
        .Select(e => new Sentence(e.Code, "error", e.Parts[0], e.Parts.Length > 1 ? e.Parts[1].TrimEnd(')') : ""));

    private static string Text(ExpressionSyntax expression) => expression switch
    {
        LiteralExpressionSyntax { Token.Value: string text } => text,
        InterpolatedStringExpressionSyntax text => string.Concat(text.Contents.Select(c => c is InterpolatedStringTextSyntax part ? part.TextToken.ValueText : "…")),
        BinaryExpressionSyntax sum when sum.IsKind(SyntaxKind.AddExpression) => Text(sum.Left) + (Text(sum.Right) is { Length: > 0 } right ? right : "…"),
        ConditionalExpressionSyntax either => string.Join(" / ", new[] { Text(either.WhenTrue), Text(either.WhenFalse) }.Where(t => t.Length > 0).Distinct()),
        InvocationExpressionSyntax { ArgumentList.Arguments: [.., var last] } call when call.Expression.ToString() == "string.Create" => Text(last.Expression),
        ParenthesizedExpressionSyntax inner => Text(inner.Expression),
        _ => "",
    };
}
