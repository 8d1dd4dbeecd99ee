using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bolt.Diagnostics;

/// <summary>A diagnostic as one JSON object, for <c>--json</c> and editors.</summary>
public static class DiagnosticJson
{
    /// <summary>Only for terminals, files and editors: nothing here is put into a web page, so backticks stay as they are.</summary>
    private static readonly DiagnosticJsonTypes Types = new(new JsonSerializerOptions(DiagnosticJsonTypes.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>
    /// <c>{"code":"BOLT1004","severity":"error","message":…,"file":…,"line":7,"column":1,"length":10,"fix":…,"cause":{…}}</c>
    /// on one line; what is absent is left out.
    /// </summary>
    public static string Write(Diagnostic diagnostic) => JsonSerializer.Serialize(Of(diagnostic), Types.DiagnosticDocument);

    private static DiagnosticDocument Of(Diagnostic d) => new(d.Code, d.Severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        _ => "note",
    }, d.Message, d.At?.File, d.At?.Line, d.At?.Column, d.At?.Length, d.Fix, d.Cause is null ? null : Of(d.Cause));
}

internal sealed record DiagnosticDocument(
    string Code,
    string Severity,
    string Message,
    string? File,
    int? Line,
    int? Column,
    int? Length,
    string? Fix,
    DiagnosticDocument? Cause);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DiagnosticDocument))]
internal sealed partial class DiagnosticJsonTypes : JsonSerializerContext;
